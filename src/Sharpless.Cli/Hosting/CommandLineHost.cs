using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sharpless.Cli.Hosting;

/// <summary>From arguments to an exit code: 0 done, 1 failed while running, 2 bad arguments or input, 130 interrupted.</summary>
internal static class CommandLineHost
{
    /// <summary>Parses, runs the command, and tells of errors in the form that scripts rely on.</summary>
    internal static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        Command root = Root.Create();
        ParseResult parsed = root.Parse(PublishedSpelling.ToKebabCase(arguments));
        if (parsed.Errors.Count > 0)
        {
            (string error, string hint) = ParseErrors.Explain(parsed);
            ErrorReport.Write(error, hint, json: arguments.Contains("--json"), output, errors);
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = errors,
            EnableDefaultExceptionHandler = false,
            // After Ctrl-C or SIGTERM a run finishes its step and saves; a large model on a slow disk takes its time.
            ProcessTerminationTimeout = TimeSpan.FromMinutes(10),
        });
    }
}
