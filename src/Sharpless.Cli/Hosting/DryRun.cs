using System.Text.Json;

namespace Sharpless.Cli.Hosting;

/// <summary><c>--dry-run</c>: prints the resolved configuration, and nothing else happens.</summary>
internal static class DryRun
{
    /// <param name="session">Where to print.</param>
    /// <param name="command">The command whose options these are.</param>
    /// <param name="options">Every option with its value, by its name without the dashes.</param>
    internal static int Write(Session session, string command, IReadOnlyDictionary<string, JsonElement> options)
    {
        session.WriteJson(new Dictionary<string, object> { ["command"] = command, ["options"] = options });
        if (!session.Json)
        {
            foreach ((string name, JsonElement value) in options) session.Output.WriteLine($"--{name} {value}");
        }

        return ExitCode.Done;
    }
}
