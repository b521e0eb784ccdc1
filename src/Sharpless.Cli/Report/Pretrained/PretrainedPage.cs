using Sharpless.Cli.Commands;
using Sharpless.Pretrained;
using Sharpless.Torch;

namespace Sharpless.Cli.Report.Pretrained;

/// <summary>The page about published checkpoints: ranks along the depth, a table of all of them, standard against SAM.</summary>
internal static class PretrainedPage
{
    private const string Id = "pretrained";

    // Of the paper.
    private const double Share = 0.99;

    /// <summary>The HTML document.</summary>
    /// <param name="outcomes">At least one.</param>
    /// <param name="folder">Where the page will lie; links are relative to it.</param>
    internal static string Render(IReadOnlyList<PretrainedRankOutcome> outcomes, string folder)
    {
        Html source = Source(outcomes, folder);
        string[] places = [.. LayerTaps.Places.Where(place => outcomes.Any(outcome => Ranks(outcome, place).Count > 0))];
        var group = new PlotGroup(Id, [.. outcomes.Select(outcome => outcome.Model)], [Plot(outcomes, places)]);
        Html figures = Html.Of($"""
            <div id="{Id}">
            {Figures.Toolbar(Figures.TapSelector(Id, places, places.Contains(LayerTaps.Output) ? LayerTaps.Output : places[0]))}
            {Figures.Part("Along the depth", group.Plots)}
            {source}
            </div>
            """);
        Html section = PageSection.Frame("Ranks of the features", Findings(outcomes), [figures, .. outcomes.Select(outcome => Table(outcome, source))]);
        return PageFrame.Render("Published checkpoints", $"{outcomes.Count} {(outcomes.Count == 1 ? "checkpoint" : "checkpoints")} · {outcomes[0].Pictures.Path}", [section], [group]);
    }

    private static Plot Plot(IReadOnlyList<PretrainedRankOutcome> outcomes, IReadOnlyList<string> places) => new(
        $"{Id}-depth", "line", "Feature rank", "Components that explain 99 % of the variance. Networks of other depths are drawn to the same length.",
        new Axis("share of the blocks", Logarithmic: false, Unit.Percent), new Axis("feature rank", Logarithmic: false, Unit.Count),
        places.ToDictionary(place => place, place => (IReadOnlyList<Series>)[.. outcomes.Select((outcome, setting) =>
            new Series(setting, [.. Ranks(outcome, place).Select(item => new Point((double)item.Layer / outcome.Result.Form!.Layers, item.Rank))], []))]));

    private static Html Table(PretrainedRankOutcome outcome, Html source)
    {
        string[] places = [.. LayerTaps.Places.Where(place => Ranks(outcome, place).Count > 0)];
        int[] layers = [.. places.SelectMany(place => Ranks(outcome, place)).Select(item => item.Layer).Distinct().Order()];
        string accuracy = outcome.Result.Accuracy is { } share ? $", accuracy {Format.Value(share, Unit.Percent)}" : "";
        return PageSection.Table(
            $"{outcome.Model}: rank for 99 % of the variance of {Format.Grouped(outcome.Result.Examples)} images, {outcome.Result.Tokens}{(outcome.Options.IsAsPublished ? ", as published" : "")}{accuracy}",
            Html.Of($"<tr><th scope=\"col\">block</th>{Html.Each(places, place => $"<th scope=\"col\">{place}</th>")}</tr>"),
            layers.Select(layer => Html.Of($"<tr><th scope=\"row\">{layer}</th>{Html.Each(places, place => $"<td>{Cell(outcome, layer, place)}</td>")}</tr>")), source);
    }

    // The paper's claim is about pairs of one network, trained with and without SAM.
    private static IEnumerable<string> Findings(IReadOnlyList<PretrainedRankOutcome> outcomes)
    {
        bool isPaired = false;
        foreach (var pair in outcomes.GroupBy(outcome => Path.GetFileNameWithoutExtension(outcome.Model)))
        {
            if (pair.FirstOrDefault(outcome => IsSam(outcome.Model)) is not { } sam || pair.FirstOrDefault(outcome => !IsSam(outcome.Model)) is not { } standard) continue;
            isPaired = true;
            foreach ((int layer, int rank) in Ranks(sam, LayerTaps.Output))
            {
                if (Ranks(standard, LayerTaps.Output).FirstOrDefault(item => item.Layer == layer) is { Layer: > 0 } other)
                    yield return $"{pair.Key}, output of block {layer}: rank {rank} with SAM, {other.Rank} without.";
            }
        }

        if (isPaired) yield return "One checkpoint of each kind: that tells what these networks are, not what SAM does. The published pairs differ in more than SAM, too: the standard vision transformers saw ImageNet-21k first and images of 384 pixels.";
        else yield return "No network was given both with and without SAM, so there is nothing to compare.";
    }

    // Published names are sam/ViT-B_16 and ViT-B_16.
    private static bool IsSam(string model) => model.Split('/').Contains("sam");

    private static IReadOnlyList<(int Layer, int Rank)> Ranks(PretrainedRankOutcome outcome, string place) =>
    [
        .. from layer in Enumerable.Range(1, outcome.Result.Form?.Layers ?? 0)
           from tap in outcome.Result.Taps
           where tap.Tap == LayerTaps.Name(layer, place)
           select (layer, outcome.Ranks.RankOf(tap.Spectrum, Share)),
    ];

    private static string Cell(PretrainedRankOutcome outcome, int layer, string place) =>
        Ranks(outcome, place).FirstOrDefault(item => item.Layer == layer) is { Layer: > 0 } found ? Format.Grouped(found.Rank) : Format.Missing;

    private static Html Source(IReadOnlyList<PretrainedRankOutcome> outcomes, string folder)
    {
        string precisions = string.Join(", ", outcomes.Select(outcome => PretrainedRankOutcome.NameOf(outcome.Precision)).Distinct());
        string examples = string.Join(", ", outcomes.Select(outcome => Format.Grouped(outcome.Result.Examples)).Distinct());
        return Html.Of($"""
            <p class="source">n = {examples} images, one pass, no seed; centering {outcomes[0].Options.Centering.ToString().ToLowerInvariant()}. Sharpless {BuildVersion.Version} · commit {BuildVersion.Commit} · libtorch {Runtime.LibtorchVersion} · {precisions} · raw data: {Provenance.Link(Path.Combine(folder, PretrainedReport.DataFile), folder, PretrainedReport.DataFile)}</p>
            """);
    }
}
