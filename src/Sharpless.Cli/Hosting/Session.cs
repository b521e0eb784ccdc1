using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Weights;
using Spectre.Console;

namespace Sharpless.Cli.Hosting;

/// <summary>One invocation of a command: where it writes, and what the common options say.</summary>
internal sealed class Session
{
    private readonly Lazy<Device> _device;

    private Session(ParseResult parsed)
    {
        Parsed = parsed;
        Output = parsed.InvocationConfiguration.Output;
        Errors = parsed.InvocationConfiguration.Error;
        Interruption = (parsed.InvocationConfiguration as HostConfiguration)?.Interruption ?? new Interruption(Errors, _ => { });
        Json = parsed.GetValue(CommonOptions.Json);
        Console = Json ? ConsoleFor(Errors, System.Console.IsErrorRedirected) : ConsoleFor(Output, System.Console.IsOutputRedirected);
        Progress = ConsoleFor(Errors, System.Console.IsErrorRedirected);
        _device = new Lazy<Device>(() =>
        {
            Runtime.Threads = Parsed.GetValue(CommonOptions.Threads);
            return Devices.Parse(Parsed.GetValue(CommonOptions.Device)!);
        });
    }

    /// <summary>The parsed command line.</summary>
    internal ParseResult Parsed { get; }

    /// <summary>For results of people; stderr while stdout carries JSON.</summary>
    internal IAnsiConsole Console { get; }

    /// <summary>For progress: stderr.</summary>
    internal IAnsiConsole Progress { get; }

    /// <summary>Whether stdout carries one JSON document.</summary>
    internal bool Json { get; }

    /// <summary>How the command is asked to stop; it says there what it would save.</summary>
    internal Interruption Interruption { get; }

    internal TextWriter Output { get; }

    internal TextWriter Errors { get; }

    /// <summary>The device; the first use loads libtorch and sets its threads.</summary>
    internal Device Device => _device.Value;

    internal int Seed => Parsed.GetValue(CommonOptions.Seed);

    internal int Threads => Parsed.GetValue(CommonOptions.Threads);

    /// <summary>The precision asked for, or the fastest one on the device.</summary>
    internal Precision Precision => AskedPrecision ?? PrecisionExtensions.Fastest(Device);

    /// <summary>The precision asked for; null for auto.</summary>
    internal Precision? AskedPrecision => Parsed.GetValue(CommonOptions.Precision) switch
    {
        "fp32" => Precision.Float32,
        "bf16" => Precision.BFloat16,
        _ => null,
    };

    /// <summary>Prints the JSON document of the command, if asked for.</summary>
    internal void WriteJson<T>(T document)
    {
        if (Json) JsonOutput.Write(document, Output);
    }

    /// <summary>Tells of something that was mended or passed over, on stderr.</summary>
    internal void Warn(string text) => Errors.WriteLine($"warning: {text}");

    /// <summary>Ends a command that has something to show: its JSON document, with error and hint in it where it failed; for people these follow what was shown.</summary>
    /// <param name="document">The JSON document.</param>
    /// <param name="failure">Why it failed nevertheless; null for a success.</param>
    internal int End<T>(IReadOnlyDictionary<string, T> document, FailureException? failure = null)
    {
        if (failure is null) WriteJson(document);
        else if (Json) WriteJson(document.Select(item => KeyValuePair.Create(item.Key, (object?)item.Value)).Concat(ErrorReport.Document(failure.Message, failure.Hint)).ToDictionary());
        else ErrorReport.Write(failure.Message, failure.Hint, json: false, Output, Errors);
        return failure is null ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>What the common options of a command line say, where no command is run by it.</summary>
    internal static Session Of(ParseResult parsed) => new(parsed);

    /// <summary>Makes the action of a command: exceptions become the error lines and exit code that scripts rely on.</summary>
    /// <param name="body">The command.</param>
    /// <param name="usesLibtorch">Whether libtorch is loaded before, which takes a third of a second.</param>
    internal static Func<ParseResult, CancellationToken, Task<int>> Action(Func<Session, CancellationToken, int> body, bool usesLibtorch = true) => (parsed, cancel) =>
    {
        var session = new Session(parsed);
        session.Interruption.Unfinished = () => session.Fail(new OperationCanceledException("Stopped before it was done."));
        try
        {
            if (EffectTable.Of(parsed.CommandResult.Command)?.Idle(parsed) is [var idle, ..]) throw idle.Refusal();
            if (usesLibtorch)
            {
                Libtorch.Load();
                Libtorch.TuneAllocator();
            }

            int code = body(session, cancel);
            session.Interruption.WorkHasEnded();
            return Task.FromResult(code);
        }
        catch (Exception exception) when (!parsed.GetValue(CommonOptions.Verbose))
        {
            return Task.FromResult(session.Fail(exception));
        }
        catch (Exception exception)
        {
            session.Errors.WriteLine(exception);
            return Task.FromResult(session.Fail(exception));
        }
    };

    private int Fail(Exception exception)
    {
        Interruption.WorkHasEnded();
        (int code, string hint) = exception switch
        {
            UsageException usage => (ExitCode.Usage, usage.Hint),
            FailureException failure => (ExitCode.Failed, failure.Hint),
            OperationCanceledException => (ExitCode.Interrupted, "Run the same command again; a training run goes on with --resume."),
            FileNotFoundException or DirectoryNotFoundException => (ExitCode.Usage, "Check the path."),
            InvalidDataException => (ExitCode.Usage, "The file was not used; write it again, or name another."),
            ArgumentException => (ExitCode.Usage, "See --help."),
            UnauthorizedAccessException or IOException => (ExitCode.Failed, FileTrouble.Explain(exception).Hint),
            ExternalException or OutOfMemoryException => (ExitCode.Failed, "A smaller --batch-size or model needs less memory; --verbose shows where it happened."),
            DllNotFoundException => (ExitCode.Failed, "./sharpless doctor tells what is missing."),
            _ => (ExitCode.Failed, "This looks like a bug in Sharpless; --verbose shows where. Please report it."),
        };
        ErrorReport.Write(Message(exception), hint, Json, Output, Errors);
        return code;
    }

    // .NET adds the parameter's name to the text of argument exceptions, which means nothing to a user.
    private static string Message(Exception exception) => exception switch
    {
        ArgumentException { ParamName: string name } => exception.Message.Replace(string.Create(CultureInfo.InvariantCulture, $" (Parameter '{name}')"), "", StringComparison.Ordinal),
        FileNotFoundException or DirectoryNotFoundException => exception.Message,
        IOException or UnauthorizedAccessException => FileTrouble.Explain(exception).Message,
        _ => exception.Message,
    };

    // Escape codes belong on terminals alone: a file or a pipe gets plain text.
    private static IAnsiConsole ConsoleFor(TextWriter writer, bool isRedirected) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        Interactive = isRedirected ? InteractionSupport.No : InteractionSupport.Detect,
    });
}
