using System.Text.RegularExpressions;
using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>Where numbers come from: facts, links to raw files, command lines.</summary>
internal static partial class Provenance
{
    /// <summary>Options that say where files lie and how output looks; a repetition chooses its own.</summary>
    private static readonly HashSet<string> NotRepeated = ["out", "resume", "json", "verbose", "dry-run"];

    /// <summary>A link to a file or folder.</summary>
    /// <param name="target">The file or folder.</param>
    /// <param name="folder">Folder of the page; the link is relative to it.</param>
    /// <param name="text">What the reader sees.</param>
    public static Html Link(string target, string folder, string text)
    {
        // "./" first: a folder's name can then never be taken for a scheme.
        string relative = Path.GetRelativePath(folder, target).Replace('\\', '/');
        return Html.Of($"<a href=\"./{string.Join('/', relative.Split('/').Select(Uri.EscapeDataString))}\">{text}</a>");
    }

    /// <summary>Version, machine and data of runs; what differs between them is listed.</summary>
    public static Html Facts(IReadOnlyList<RecordedConfiguration> configurations)
    {
        var facts = new List<(string Name, string Value)> { ("Sharpless", Distinct(configuration => configuration.Version)) };
        facts.AddRange(Names(configuration => configuration.Environment).Select(name => (name, Distinct(configuration => configuration.Environment.GetValueOrDefault(name, "unknown")))));
        facts.AddRange(Names(configuration => configuration.Data).Select(name => ($"data: {name}", Distinct(configuration => configuration.Data.GetValueOrDefault(name, "unknown")))));
        facts.Add(("parameters", Distinct(configuration => configuration.Parameters is { } count ? Format.Grouped(count) : "unknown")));
        return Html.Of($"<dl class=\"facts\">{Html.Each(facts, fact => $"<div><dt>{fact.Name}</dt><dd>{fact.Value}</dd></div>")}</dl>");

        IEnumerable<string> Names(Func<RecordedConfiguration, IReadOnlyDictionary<string, string>> part) =>
            configurations.SelectMany(configuration => part(configuration).Keys).Distinct();
        string Distinct(Func<RecordedConfiguration, string> fact) => string.Join("; ", configurations.Select(fact).Distinct());
    }

    /// <summary>The command lines that repeat runs, folded away.</summary>
    public static Html CommandLines(IReadOnlyList<RecordedConfiguration> configurations) => Html.Of($"""
        <details><summary>{(configurations.Count == 1 ? "Command line" : "Command lines")}</summary>
        {Html.Each(configurations, configuration => $"<pre><code>{CommandLine(configuration)}</code></pre>")}
        </details>
        """);

    private static string CommandLine(RecordedConfiguration configuration) => string.Join(' ', configuration.Options
        .Where(option => !NotRepeated.Contains(option.Key) && option.Value is not ("" or "false"))
        .Select(option => option.Value == "true" ? $"--{option.Key}" : $"--{option.Key} {Quoted(option.Value)}")
        .Prepend($"sharpless {configuration.Command}"));

    private static string Quoted(string value) => NeedsNoQuotes().IsMatch(value) ? value : $"'{value.Replace("'", "'\\''")}'";

    [GeneratedRegex(@"^[\w./:,+=@%-]+$")]
    private static partial Regex NeedsNoQuotes();
}
