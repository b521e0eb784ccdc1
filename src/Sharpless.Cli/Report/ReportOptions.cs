namespace Sharpless.Cli.Report;

/// <summary>What a report may be told beside its runs.</summary>
internal sealed record ReportOptions
{
    /// <summary>Heading and window title.</summary>
    public string Title { get; init; } = "Sharpless report";
}
