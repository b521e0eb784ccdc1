using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sharpless.Cli.Hosting;

/// <summary>From arguments to an exit code: 0 done, 1 failed while running, 2 bad arguments or input, 130 interrupted.</summary>
internal static class CommandLineHost
{
    /// <summary>Parses, runs the command, and tells of errors in the form that scripts rely on.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">For results.</param>
    /// <param name="errors">For progress and errors.</param>
    /// <param name="interruption">How the command is asked to stop; null where nobody asks.</param>
    internal static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, Interruption? interruption = null)
    {
        Command root = Root.Create();
        arguments = PublishedSpelling.ToKebabCase(arguments);
        ParseResult parsed = root.Parse(arguments);
        // A group of commands that is named alone has nothing to do but to show them.
        bool isGroup = parsed.CommandResult.Command.Action is null && parsed.UnmatchedTokens.Count == 0;
        if (isGroup && !arguments.Any(argument => argument.StartsWith('-'))) parsed = root.Parse([.. arguments, "--help"]);
        if (ParseErrors.Of(parsed, arguments) is (string error, string hint))
        {
            ErrorReport.Write(error, hint, json: arguments.Contains("--json"), output, errors);
            return ExitCode.Usage;
        }

        using Interruption? nobody = interruption is null ? new Interruption(errors, _ => { }) : null;
        interruption ??= nobody!;
        var configuration = new HostConfiguration
        {
            Interruption = interruption,
            Output = output,
            Error = errors,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,            // signals are the interruption's matter
        };
        return await parsed.InvokeAsync(configuration, interruption.Token);
    }
}
