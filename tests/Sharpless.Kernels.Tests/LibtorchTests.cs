using System.Runtime.InteropServices;
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
    public void A_needed_version_becomes_weak_in_a_copy_that_loads()
    {
        byte[] original = File.ReadAllBytes(Bridge),
            changed = [.. original];
        Assert.True(VersionNeed.Weaken(changed, "GLIBCXX_3.4.32"));
        // One byte: the low one of the flags of the one need.
        int different = Assert.Single(Enumerable.Range(0, original.Length), i => original[i] != changed[i]);
        Assert.Equal(original[different] | 2, changed[different]);

        nint handle = Libtorch.LoadWeakened(Bridge);
        Assert.NotEqual(0, NativeLibrary.GetExport(handle, "THSAutograd_CSharpNode_ctor"));
        Assert.Contains(
            File.ReadLines("/proc/self/maps"),
            line => line.Contains("/memfd:libLibTorchSharp.so", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_library_that_does_not_load_for_another_reason_is_named_with_it()
    {
        string file = Path.GetTempFileName();
        try
        {
            byte[] bridge = File.ReadAllBytes(Bridge);
            File.WriteAllBytes(file, bridge[..^(bridge.Length / 4)]);
            Assert.Throws<InvalidDataException>(() => Libtorch.LoadWeakened(file));
            int name = bridge.AsSpan().IndexOf("libtorch_cpu.so"u8);
            bridge[name] = (byte)'L';
            File.WriteAllBytes(file, bridge);
            var error = Assert.Throws<DllNotFoundException>(() => Libtorch.LoadWeakened(file));
            Assert.StartsWith($"a copy of {file} cannot be loaded: ", error.Message, StringComparison.Ordinal);
            Assert.Contains("Libtorch_cpu.so", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_library_without_that_need_is_left_alone()
    {
        byte[] bytes = File.ReadAllBytes(Bridge);
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
        byte[] bytes = File.ReadAllBytes(Bridge);
        foreach (int length in new[] { 6, 40, 64, 1000, bytes.Length / 2 })
            Assert.Throws<InvalidDataException>(() =>
                VersionNeed.Weaken(bytes.AsSpan(0, length).ToArray(), "GLIBCXX_3.4.32")
            );
    }

    private static string Bridge { get; } = Path.Combine(Folders.OfTorchSharp, "libLibTorchSharp.so");
}
