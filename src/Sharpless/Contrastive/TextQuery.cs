using Sharpless.Data.Captions;
using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>A text, and the pictures that a run finds for it.</summary>
/// <param name="Example">The picture that it describes, as a place in the split.</param>
/// <param name="Text">The text.</param>
/// <param name="Nearest">The pictures of the split that come first, most similar first, with the cosine of their embeddings to the text's.</param>
public sealed record TextQuery(int Example, string Text, IReadOnlyList<(int Example, double Similarity)> Nearest)
{
    /// <summary>Asks a run with the first texts of a split.</summary>
    /// <param name="run">The run.</param>
    /// <param name="reader">The split: <see cref="ContrastiveRun.Read"/>.</param>
    /// <param name="queries">Number of texts, different ones; all if there are fewer.</param>
    /// <param name="pictures">Number of pictures for each; all if there are fewer.</param>
    /// <exception cref="InvalidDataException">A picture is damaged.</exception>
    public static IReadOnlyList<TextQuery> First(ContrastiveRun run, CaptionReader reader, int queries, int pictures)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfNegative(queries);
        ArgumentOutOfRangeException.ThrowIfNegative(pictures);
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        (Tensor images, Tensor texts, IReadOnlyList<string> captions) = run.Embedder.EmbedAll(reader, run.Options.BatchSize);
        int[] asked = [.. Enumerable.Range(0, captions.Count).DistinctBy(example => captions[example]).Take(queries)];
        if (asked.Length == 0) return [];
        Tensor chosen = texts.index_select(0, Tensor.From(Array.ConvertAll(asked, example => (long)example)));
        float[] similarities = chosen.MatrixProduct(images.transpose(0, 1)).ToArray<float>();
        return [.. asked.Select((example, query) => new TextQuery(example, captions[example], Best(similarities.AsSpan(query * captions.Count, captions.Count), pictures)))];
    }

    // The order is stable: of equal ones the first comes first.
    private static IReadOnlyList<(int, double)> Best(ReadOnlySpan<float> similarities, int count) =>
        [.. similarities.ToArray().Select((similarity, example) => (Example: example, Similarity: (double)similarity)).OrderByDescending(item => item.Similarity).Take(count)];
}
