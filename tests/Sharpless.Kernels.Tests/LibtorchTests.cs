using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

public class LibtorchTests
{
    [Fact]
    public void Libtorch_is_loaded_from_its_package_and_nothing_of_it_is_in_the_output_folder()
    {
        LibtorchPlace place = Libtorch.Load();
        Assert.StartsWith("2.10", place.Version, StringComparison.Ordinal);
        Assert.True(Directory.Exists(place.Folder), place.Folder);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories),
            file => file.Contains("torch_cpu", StringComparison.Ordinal)
        );
        Assert.Same(place, Libtorch.Load());
        Assert.Equal(3, ones(3).sum().item<float>());
    }

    [Fact]
    public void The_kernels_are_there()
    {
        Assert.True(
            KernelLibrary.IsAvailable,
            "libsharpless_kernels is not in artifacts/native: build it with ./sharpless or ./test."
        );
        Assert.EndsWith("kernels.so", KernelLibrary.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void A_needed_version_becomes_weak_in_a_copy_that_still_loads()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string bridge = Bridge();
            byte[] original = File.ReadAllBytes(bridge);
            string copy = Libtorch.WeakenedCopy(bridge, folder);
            byte[] changed = File.ReadAllBytes(copy);
            Assert.Equal(original.Length, changed.Length);
            int[] different = [.. Enumerable.Range(0, original.Length).Where(i => original[i] != changed[i])];
            // One byte: the low one of the flags of the one need.
            Assert.Single(different);
            Assert.Equal(original[different[0]] | 2, changed[different[0]]);
            Assert.Equal(copy, Libtorch.WeakenedCopy(bridge, folder));
            nint handle = System.Runtime.InteropServices.NativeLibrary.Load(copy);
            Assert.NotEqual(
                0,
                System.Runtime.InteropServices.NativeLibrary.GetExport(handle, "THSAutograd_CSharpNode_ctor")
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_library_without_that_need_is_left_alone()
    {
        byte[] bytes = File.ReadAllBytes(Bridge());
        byte[] before = [.. bytes];
        Assert.False(VersionNeed.Weaken(bytes, "GLIBCXX_9.9.9"));
        Assert.Equal(before, bytes);
    }

    [Fact]
    public void What_is_no_library_or_is_cut_off_is_refused()
    {
        Assert.Throws<InvalidDataException>(() =>
            VersionNeed.Weaken(
                Encoding.ASCII.GetBytes("no library at all, but long enough to be looked at for its header"),
                "X"
            )
        );
        byte[] bytes = File.ReadAllBytes(Bridge());
        foreach (int length in new[] { 6, 40, 64, 1000, bytes.Length / 2 })
            Assert.Throws<InvalidDataException>(() =>
                VersionNeed.Weaken(bytes.AsSpan(0, length).ToArray(), "GLIBCXX_3.4.32")
            );
    }

    private static string Bridge() =>
        Path.Combine(
            typeof(Libtorch)
                .Assembly.GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), false)
                .Cast<System.Reflection.AssemblyMetadataAttribute>()
                .First(item => item.Key == "TorchSharpPackage")
                .Value!,
            "runtimes",
            "linux-x64",
            "native",
            "libLibTorchSharp.so"
        );
}
