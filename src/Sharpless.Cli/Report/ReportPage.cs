using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>The page as a whole: head, one section per group of comparable runs, and what the plots need.</summary>
internal static class ReportPage
{
    /// <summary>The HTML document.</summary>
    /// <param name="runs">At least one.</param>
    /// <param name="folder">Where the report will lie; links to the runs are relative to it.</param>
    /// <param name="options">Title.</param>
    public static string Render(IReadOnlyList<RunRecord> runs, string folder, ReportOptions options)
    {
        IReadOnlyList<RunGroup> groups = RunGroup.Of(runs);
        List<GroupSection> sections = [.. groups.Select((group, number) => new GroupSection(group, $"g{number + 1}", folder))];
        return PageFrame.Render(options.Title, Lead(runs, groups), [.. sections.Select(section => section.Render()), Glossary()], sections.Select(section => section.Drawn));
    }

    private static string Lead(IReadOnlyList<RunRecord> runs, IReadOnlyList<RunGroup> groups)
    {
        string rhos = string.Join(", ", runs.Select(run => run.Rho).Distinct().Order().Select(Format.Plain));
        int seeds = runs.Select(run => run.Seed).Distinct().Count();
        string many = $"{(runs.Count == 1 ? "One run" : $"{runs.Count} runs")}: ρ = {rhos}; {(seeds == 1 ? "one seed" : $"{seeds} seeds")}.";
        return groups.Count == 1 ? many : $"{many} Within each of the {groups.Count} sections runs differ in nothing but ρ and the seed.";
    }

    private static Html Glossary() => Html.Of($"""
        <details class="card glossary"><summary>What the words mean</summary>
        <dl>
        <dt>ρ</dt><dd>Radius of sharpness-aware minimization (SAM): how far the weights are moved uphill before the gradient is taken. ρ = 0 is the base optimizer.</dd>
        <dt>Tap</dt><dd>A named place in the network where its features are read.</dd>
        <dt>Feature rank</dt><dd>Number of principal components that explain 99 % of the variance of the features at a tap.</dd>
        <dt>kNN error</dt><dd>Share of test examples whose label the nearest training examples, by the features at a tap, vote wrongly; both are of the data set that the title names.</dd>
        <dt>±</dt><dd>Sample standard deviation over n seeds.</dd>
        </dl></details>
        """);
}
