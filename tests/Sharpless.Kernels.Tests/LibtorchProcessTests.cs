using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Sharpless.Kernels.Tests;

/// <summary>Loading libtorch in processes that find other surroundings.</summary>
public sealed class LibtorchProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Neither_a_home_nor_a_folder_for_temporary_files_is_needed_and_nothing_is_written()
    {
        string home = Directory.CreateDirectory(Path.Combine(_folder, "home")).FullName;
        Loaded(Probe.Run("load", ("HOME", home), ("XDG_CACHE_HOME", null), ("TMPDIR", home)), Folders.OfLibtorch);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(home, "*", SearchOption.AllDirectories),
            file => file.Contains("Torch", StringComparison.OrdinalIgnoreCase)
        );
        Loaded(Probe.Run("load", ("HOME", "/proc/nowhere"), ("XDG_CACHE_HOME", "/proc/nowhere")), Folders.OfLibtorch);
    }

    // That of a Python installation is named like this.
    [Theory]
    [InlineData("")]
    [InlineData("lib")]
    public void Another_folder_is_taken_where_it_is_named(string lib)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, lib)).FullName;
        LinkLibtorch(folder);
        Loaded(Probe.Run("load", (Libtorch.FolderVariable, _folder)), folder.TrimEnd('/'));
    }

    [Fact]
    public void A_folder_without_libtorch_is_refused_with_what_to_do() =>
        Refused(
            Probe.Run("load", (Libtorch.FolderVariable, _folder)),
            $"libtorch_cpu.so was not found in '{_folder}', '{_folder}/lib'. SHARPLESS_LIBTORCH must name the folder"
        );

    [Theory]
    [InlineData(
        "extern \"C\" unsigned long aoti_torch_abi_version() { return (2ul << 56) | (9ul << 48); }",
        "has version 2.9;"
    )]
    [InlineData("", "is too old")]
    public void A_libtorch_of_another_version_is_refused(string source, string reason)
    {
        Compile(source, "libtorch_cpu.so");
        Compile("", "libtorch.so");
        Refused(Probe.Run("load", (Libtorch.FolderVariable, _folder)), $"The libtorch in '{_folder}' {reason}");
    }

    [Fact]
    public void Where_libtorch_is_loaded_already_that_one_is_taken()
    {
        Loaded(Probe.Run("load after another"), Folders.OfLibtorch);
        // The same file by another path is no other libtorch.
        LinkLibtorch(_folder);
        Loaded(Probe.Run("load after another", (Libtorch.FolderVariable, _folder)), _folder);
    }

    [Fact]
    public void A_second_libtorch_beside_the_loaded_one_is_refused()
    {
        Compile("", "libtorch_cpu.so");
        Refused(
            Probe.Run("load after another", (Libtorch.FolderVariable, _folder)),
            $"names '{_folder}', but '{Folders.OfLibtorch}/libtorch_cpu.so' is loaded already"
        );
    }

    // The bridge without its need of a version loads as it is, as on a newer system.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_program_takes_the_files_that_it_carries(bool isOfNewerSystem)
    {
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        LinkLibtorch(_folder);
        byte[] bridge = File.ReadAllBytes(Path.Combine(Folders.OfTorchSharp, "libLibTorchSharp.so"));
        if (isOfNewerSystem)
            VersionNeed.Weaken(bridge, "GLIBCXX_3.4.32");
        File.WriteAllBytes(Path.Combine(_folder, "libLibTorchSharp.so"), bridge);
        File.CreateSymbolicLink(Path.Combine(_folder, "libsharpless_kernels.so"), KernelLibrary.Path!);

        Probe.Result result = Probe.RunIn(_folder, "load", ("HOME", _folder));
        Loaded(result, _folder);
        Assert.Equal("True", result.Lines[3]);
        if (isOfNewerSystem)
            Assert.Equal("False", result.Lines[1]);
    }

    [Fact]
    public void A_published_program_that_carries_libtorch_has_all_that_is_needed()
    {
        // What `dotnet publish -p:SharplessCarriesLibtorch=true` copies, without 470 MB of copying.
        string project = Path.Combine(Repository(), "src/Sharpless.Kernels/Sharpless.Kernels.csproj");
        Assert.Empty(Published(project, "false"));
        string[] files = Published(project, "true");
        Assert.All(files, file => Assert.True(File.Exists(file), file));
        string[] names = [.. files.Select(file => Path.GetFileName(file)!)];
        foreach (
            string name in (string[])
                ["libtorch.so", "libtorch_cpu.so", "libc10.so", "libLibTorchSharp.so", "libsharpless_kernels.so"]
        )
            Assert.Contains(name, names);
        Assert.Single(names, name => name.StartsWith("libgomp-", StringComparison.Ordinal));
        Assert.Equal(2, names.Count(name => name.StartsWith("LICENSE", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_tuned_allocator_keeps_what_is_freed()
    {
        string[] lines = Probe.Run("allocator").Lines;
        Assert.Equal("True", lines[1]);
        int before = int.Parse(lines[0], CultureInfo.InvariantCulture),
            after = int.Parse(lines[2], CultureInfo.InvariantCulture);
        Assert.InRange(before, 250, 260);
        Assert.InRange(after, -5, 5);
    }

    private static void Loaded(Probe.Result result, string folder)
    {
        Assert.True(result.ExitCode == 0, string.Join('\n', [.. result.Lines, result.Error]));
        Assert.Equal((folder, "3"), (result.Lines[0].TrimEnd('/'), result.Lines[2]));
    }

    private static void Refused(Probe.Result result, string message)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Lines[0], StringComparison.Ordinal);
    }

    private static void LinkLibtorch(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Folders.OfLibtorch))
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
    }

    private void Compile(string source, string library)
    {
        string file = Path.Combine(_folder, library + ".cpp");
        File.WriteAllText(file, source + "\n");
        Output(
            Environment.GetEnvironmentVariable("CXX") ?? "c++",
            "-shared",
            "-fPIC",
            "-o",
            Path.Combine(_folder, library),
            file
        );
    }

    private static string[] Published(string project, string carries)
    {
        string json = Output(
            "dotnet",
            "msbuild",
            project,
            "-getItem:None",
            "-p:Configuration=Release",
            $"-p:SharplessCarriesLibtorch={carries}"
        );
        return
        [
            .. JsonDocument
                .Parse(json)
                .RootElement.GetProperty("Items")
                .GetProperty("None")
                .EnumerateArray()
                .Where(item => item.TryGetProperty("CopyToPublishDirectory", out _))
                .Select(item => item.GetProperty("FullPath").GetString()!),
        ];
    }

    private static string Output(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true }
        )!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return output;
    }

    private static string Repository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sharpless.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
