using Sharpless.Contrastive;

namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Texts of the test split with the pictures that a run finds for them, as the network reads them. The pictures lie in the page.</summary>
internal static class QuerySection
{
    /// <summary>The section; nothing where nothing was measured.</summary>
    /// <param name="records">Runs; the first measured one of the smallest and one of the best retrieval are shown.</param>
    public static Html Render(IReadOnlyList<ContrastiveRecord> records)
    {
        ContrastiveRecord[] measured = [.. records.Where(record => record.Layers is { Queries.Count: > 0 }).OrderBy(record => record.Rho).ThenBy(record => record.Run.Seed)];
        if (measured.Length == 0) return Html.Empty;
        ContrastiveRecord best = measured.MaxBy(record => record.Value(ContrastiveQuantity.PictureOfText.Column) ?? 0)!;
        ContrastiveRecord[] shown = [.. new[] { measured[0], best }.Distinct()];
        return Html.Of($"""
            <section class="group">
            <h2>Texts and the pictures found for them</h2>
            <p class="note">The first texts of the test split, and the pictures of the split whose embeddings are nearest, best first; below each the cosine. The text's own picture has a frame.</p>
            {Html.Lines(shown.Select(Of))}
            </section>
            """);
    }

    private static Html Of(ContrastiveRecord record) => Html.Of($"""
        <div class="card"><h3>{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(record.Run.Folder)))}: ρ = {Format.Plain(record.Rho)}, seed {record.Run.Seed}</h3>
        {Html.Lines(record.Layers!.Queries.Select(query => Query(record.Layers!, query)))}
        </div>
        """);

    private static Html Query(LayerMeasurement layers, TextQuery query) => Html.Of($"""
        <div class="query"><p>{query.Text}</p>
        <ol>{Html.Lines(query.Nearest.Select(found => Picture(layers, query, found)))}</ol>
        </div>
        """);

    private static Html Picture(LayerMeasurement layers, TextQuery query, (int Example, double Similarity) found)
    {
        string caption = layers.Reader.Set.Pictures[found.Example].Captions[0];
        bool isOwn = caption == query.Text;
        return Html.Of($"""
            <li{new Html(isOwn ? " class=\"own\"" : "")}><img alt="{caption}{(isOwn ? " (its own picture)" : "")}" title="{caption}" src="data:image/png;base64,{Convert.ToBase64String(layers.Reader.Png(found.Example))}"><span>{Format.Value(Math.Round(found.Similarity, 2), Unit.Number)}</span></li>
            """);
    }
}
