using Sharpless.Training;

namespace Sharpless.Cli.Report.Contrastive;

/// <summary>The page of image-text runs: a section for each group, what texts find, and where the numbers come from.</summary>
internal static class ContrastivePage
{
    private static readonly string[] Places = ["commit", "device", "libtorch"], RawFiles = ["config.json", "metrics.csv", "result.json"];

    /// <summary>The HTML document.</summary>
    /// <param name="records">At least one.</param>
    /// <param name="remarks">What could not be measured, and why.</param>
    /// <param name="folder">Where the report will lie; links are relative to it.</param>
    public static string Render(IReadOnlyList<ContrastiveRecord> records, IReadOnlyList<string> remarks, string folder)
    {
        (Html Html, PlotGroup[] Groups)[] sections = [.. ContrastiveGroup.Of(records).Select((group, number) => SectionOf(group, $"g{number + 1}"))];
        string data = string.Join(", ", records.Select(record => record.Run.Configuration.Options.GetValueOrDefault("data", "")).Distinct());
        return PageFrame.Render(
            "Image-text contrastive training", $"{data} · {(records.Count == 1 ? "one run" : $"{records.Count} runs")}",
            [.. sections.Select(section => section.Html), QuerySection.Render(records), Runs(records, remarks, folder), Glossary()], sections.SelectMany(section => section.Groups));
    }

    private static (Html, PlotGroup[]) SectionOf(ContrastiveGroup group, string id)
    {
        Html source = Source(group);
        string[] settings = [.. group.Settings.Select(setting => setting.Name)];
        (string Heading, PlotGroup Group)[] parts =
        [
            ($"Final values against {group.Variable}", new PlotGroup($"{id}-final", settings, ContrastivePlots.AgainstVariable(group, $"{id}-final"))),
            ("Over training", new PlotGroup($"{id}-training", settings, ContrastivePlots.OverTraining(group, $"{id}-training"))),
            ("Inside the encoders", new PlotGroup($"{id}-layers", settings, ContrastivePlots.InsideTheEncoders(group, $"{id}-layers"))),
        ];
        Html html = PageSection.Frame(
            group.Title, ContrastiveFindings.Of(group), [.. new ContrastiveTables(group, source).Render(), .. parts.Select(part => PageSection.FiguresOf(part.Group, part.Heading, source))]);
        return (html, [.. parts.Select(part => part.Group).Where(drawn => drawn.Plots.Count > 0)]);
    }

    private static Html Source(ContrastiveGroup group)
    {
        RecordedConfiguration configuration = group.Records.First().Run.Configuration;
        string[] facts = [.. Places.Select(name => $"{name} {configuration.Environment.GetValueOrDefault(name, "unknown")}")];
        return Html.Of($"<p class=\"source\">{group.Records.Count()} runs; seeds {string.Join(", ", group.Records.Select(record => record.Run.Seed).Distinct().Order())}; ± is the sample standard deviation over them. Sharpless {configuration.Version} · {string.Join(" · ", facts)}. Raw data: at the end of the page.</p>");
    }

    private static Html Runs(IReadOnlyList<ContrastiveRecord> records, IReadOnlyList<string> remarks, string folder)
    {
        RecordedConfiguration[] configurations = [.. records.Select(record => record.Run.Configuration)];
        return Html.Of($"""
            <section class="group">
            <h2>Runs and raw data</h2>
            <div class="card">
            {Html.Each(remarks, remark => $"<p>{remark}</p>")}
            {Provenance.Facts(configurations)}
            {Html.Lines(records.Select(record => Html.Of($"<p>{(record.Run.IsFinished ? "" : "Unfinished: ")}{Html.Lines(Files(record.Run).Select(file => Provenance.Link(Path.Combine(record.Run.Folder, file), folder, Path.Combine(Path.GetFileName(Path.TrimEndingDirectorySeparator(record.Run.Folder)), file))))}</p>")))}
            {Provenance.CommandLines(configurations)}
            </div>
            </section>
            """);
    }

    private static IEnumerable<string> Files(RunRecord run) => RawFiles.Where(file => File.Exists(Path.Combine(run.Folder, file)));

    private static Html Glossary() => Html.Of($"""
        <details class="card glossary"><summary>What the words mean</summary>
        <dl>
        <dt>ρ</dt><dd>Radius of sharpness-aware minimization (SAM): how far all weights of both encoders are moved uphill before the gradient is taken. ρ = 0 is Adam alone.</dd>
        <dt>Bottleneck</dt><dd>Units of a linear layer inside each head, which bounds the rank of the embeddings from above.</dd>
        <dt>In batches</dt><dd>The own picture (or text) is nearest among those of its batch, as in arXiv:2305.16292.</dd>
        <dt>Recall at k</dt><dd>Share of queries whose answer is among the k nearest of the whole split.</dd>
        <dt>Rank</dt><dd>Number of principal components that explain a share of the variance; centred as the run's option <code>center</code> says.</dd>
        <dt>Active</dt><dd>An activation above a tenth of the largest one of its block.</dd>
        <dt>±</dt><dd>Sample standard deviation over n seeds.</dd>
        </dl></details>
        """);
}
