using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

/// <summary>What a process of its own is needed for, since a process loads libtorch once.</summary>
internal static class Probe
{
    /// <summary>How a probe ended.</summary>
    /// <param name="ExitCode">Of the process.</param>
    /// <param name="Lines">Of its output.</param>
    /// <param name="Error">Of its error output.</param>
    internal sealed record Result(int ExitCode, string[] Lines, string Error);

    /// <summary>Runs a probe with changes to the environment; null takes a variable out.</summary>
    internal static Result Run(string probe, params (string Name, string? Value)[] environment) =>
        RunIn(AppContext.BaseDirectory, probe, environment);

    /// <summary>Runs a probe of the copy of the tests in a folder.</summary>
    internal static Result RunIn(string folder, string probe, params (string Name, string? Value)[] environment)
    {
        string program = Path.Combine(folder, Path.GetFileName(typeof(Probe).Assembly.Location));
        var start = new ProcessStartInfo("dotnet", [program, probe])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove(Libtorch.FolderVariable);
        foreach ((string name, string? value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return new Result(process.ExitCode, lines, error.Result);
    }

    internal static int Main(string[] args)
    {
        switch (args)
        {
            case ["load"]:
                return Load();
            // As a program does that uses TorchSharp before it uses Sharpless.
            case ["load after another"]:
                NativeLibrary.Load(Path.Combine(Folders.OfLibtorch, "libtorch_cpu.so"));
                return Load();
            case ["allocator"]:
                return Allocator();
            default:
                Console.Error.WriteLine("This program runs tests: dotnet test.");
                return 2;
        }
    }

    // Prints the folder, whether the bridge is a copy, a sum by libtorch and whether the kernels are there.
    private static int Load()
    {
        try
        {
            LibtorchPlace place = Libtorch.Load();
            Console.WriteLine(place.Folder);
            Console.WriteLine(place.BridgeIsCopied);
            Console.WriteLine(ones(3).sum().item<float>());
            Console.WriteLine(KernelLibrary.IsAvailable);
            return 0;
        }
        catch (DllNotFoundException error)
        {
            Console.WriteLine(error.Message);
            return 1;
        }
    }

    // Prints by how many MiB the process shrinks when it frees a block of 256 MiB: before and after tuning.
    private static unsafe int Allocator()
    {
        const int Size = 256 << 20;
        foreach (bool tunes in (bool[])[false, true])
        {
            if (tunes)
                Console.WriteLine(Libtorch.TuneAllocator());
            void* block = NativeMemory.Alloc(Size);
            new Span<byte>(block, Size).Fill(1);
            long full = Resident();
            NativeMemory.Free(block);
            Console.WriteLine((full - Resident()) >> 20);
        }
        return 0;
    }

    private static long Resident() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], null) * Environment.SystemPageSize;
}
