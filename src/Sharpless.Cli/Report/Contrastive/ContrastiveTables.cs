namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Tables with one row per setting, and one of the ranks at every tap.</summary>
/// <param name="group">The runs.</param>
/// <param name="source">Where the numbers come from.</param>
internal sealed class ContrastiveTables(ContrastiveGroup group, Html source)
{
    /// <summary>Retrieval, ranks of the embeddings, and ranks by tap.</summary>
    public IEnumerable<Html> Render() =>
    [
        BySetting("Retrieval on the test split, in percent", ContrastiveQuantity.Retrieval),
        BySetting("Ranks of the embeddings: principal components for a share of the variance", ContrastiveQuantity.Ranks),
        .. ByTap(),
    ];

    private Html BySetting(string caption, IReadOnlyList<ContrastiveQuantity> quantities) => PageSection.Table(
        caption,
        Html.Of($"<tr><th scope=\"col\">{group.Variable}</th><th scope=\"col\">n</th>{Html.Each(quantities, quantity => $"<th scope=\"col\">{quantity.Name}</th>")}</tr>"),
        group.Settings.Select(setting => Html.Of($"<tr><th scope=\"row\">{setting.Value}</th><td>{setting.Counted.Count}</td>{Html.Each(quantities, quantity => $"<td>{Format.Cell(setting.Latest(quantity.Column), quantity.Unit)}</td>")}</tr>")),
        source);

    private IEnumerable<Html> ByTap()
    {
        if (group.Records.Select(record => record.Layers).FirstOrDefault(layers => layers is not null) is not { } measured) yield break;
        yield return PageSection.Table(
            $"Rank (99 % of the variance) at every tap: of pictures the class token, of texts the mean over tokens; {measured.Examples} test pairs",
            Html.Of($"<tr><th scope=\"col\">tap</th>{Html.Each(group.Settings, setting => $"<th scope=\"col\">{setting.Name}</th>")}</tr>"),
            measured.Taps.Select(tap => Html.Of($"<tr><th scope=\"row\">{tap}</th>{Html.Each(group.Settings, setting => $"<td>{Format.Cell(setting.Latest(LayerMeasurement.Rank(tap)), Unit.Count)}</td>")}</tr>")),
            source);
    }
}
