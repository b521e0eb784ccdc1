using System.CommandLine;
using System.Runtime.Intrinsics.X86;
using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Pictures;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless doctor</c>: what was found on this machine, what is missing, and the command that mends it.</summary>
internal static class DoctorCommand
{
    private sealed record Finding(string Name, bool Ok, string Found, string Remedy);

    internal static Command Create()
    {
        var command = new Command(
            "doctor",
            """
            Tell what was found on this machine (libtorch, device, instruction sets, library for pictures, data sets), what is missing, and the command that mends it.
            Example: sharpless doctor
            """)
        {
            DataFolderOption.Create(),
        };
        command.SetAction(Session.Action((session, _) =>
        {
            List<Finding> findings = [.. Machine(session), Pictures(), .. Sets(DataFolder.Resolve(DataFolderOption.Read(session.Parsed)))];
            session.WriteJson(new Dictionary<string, object>
            {
                ["findings"] = findings.Select(item => new Dictionary<string, object> { ["name"] = item.Name, ["ok"] = item.Ok, ["found"] = item.Found, ["remedy"] = item.Remedy }),
            });
            if (!session.Json) Print(session.Console, findings);
            // What can be done without is told, but is no failure.
            return findings.Exists(item => item is { Ok: false, Name: "libtorch" }) ? ExitCode.Failed : ExitCode.Done;
        }, usesLibtorch: false));
        return command;
    }

    private static IEnumerable<Finding> Machine(Session session)
    {
        yield return new Finding("sharpless", true, $"{BuildVersion.Version}, commit {(BuildVersion.Commit.Length > 0 ? BuildVersion.Commit : "unknown")}, .NET {Environment.Version}", "");
        string version;
        Finding? broken = null;
        try
        {
            Libtorch.Load();
            Runtime.Threads = session.Threads;
            version = Runtime.LibtorchVersion;
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException)
        {
            version = "";
            broken = new Finding("libtorch", false, (error.InnerException ?? error).Message, "Restore the packages again (./sharpless does), or name another folder in SHARPLESS_LIBTORCH.");
        }

        if (broken is not null)
        {
            yield return broken;
            yield break;
        }

        yield return new Finding("libtorch", true, version, "");
        yield return KernelLibrary.IsAvailable
            ? new Finding("kernels", true, KernelLibrary.Path ?? "", "")
            : new Finding("kernels", false, "none: everything runs on libtorch's operators", "Install g++ or clang, then start ./sharpless again: it compiles them.");
        yield return new Finding("processor", true, Processor.Name, "");
        yield return new Finding("threads", true, $"{Runtime.Threads} of {Environment.ProcessorCount} cores", "");
        yield return new Finding(
            "instruction sets", Avx2.IsSupported, string.Join(", ", InstructionSets()),
            Avx2.IsSupported ? "" : "Nothing mends it: without AVX2 the kernels fall back to plain loops, which are slow.");
        yield return Runtime.CpuHasBFloat16
            ? new Finding("bfloat16", true, "AVX512-BF16: --precision auto computes in bf16", "")
            : new Finding("bfloat16", true, "not in this processor: --precision auto computes in fp32", "");
        yield return LibtorchConvolution.IsTrusted
            ? new Finding("convolutions", true, "libtorch's are right on this processor", "")
            : new Finding(
                "convolutions", true, "libtorch's are wrong here in some shapes (PyTorch issue 163347); Sharpless's networks avoid these",
                "In networks of your own: channels-last images, and more than one channel everywhere.");
        yield return new Finding("CUDA devices", true, Runtime.CudaDevices == 0 ? "none" : $"{Runtime.CudaDevices}", "");
    }

    private static IEnumerable<string> InstructionSets()
    {
        if (Avx2.IsSupported) yield return "AVX2";
        if (Fma.IsSupported) yield return "FMA";
        if (Avx512F.IsSupported) yield return "AVX-512";
        if (Runtime.CpuHasBFloat16) yield return "AVX512-BF16";
    }

    private static Finding Pictures()
    {
        try
        {
            return new Finding("pictures", true, PictureFile.Library, "");
        }
        catch (DllNotFoundException error)
        {
            return new Finding("pictures", false, error.Message, "Build the program for this system: dotnet publish src/Sharpless.Cli");
        }
    }

    private static IEnumerable<Finding> Sets(string folder) => DataSets.Known.Select(set => set.Locate(folder) is string found
        ? new Finding($"data: {set.Name}", true, found, "")
        : new Finding($"data: {set.Name}", false, "not here", set.HowToGet));

    private static void Print(IAnsiConsole console, IEnumerable<Finding> findings)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("", "what", "found", "to mend it");
        foreach (Finding item in findings) table.AddRow(item.Ok ? "ok" : "[bold]missing[/]", Markup.Escape(item.Name), Markup.Escape(item.Found), Markup.Escape(item.Remedy));
        console.Write(table);
    }
}
