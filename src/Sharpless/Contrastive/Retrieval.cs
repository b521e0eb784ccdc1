using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>
/// Retrieval over a whole split: the text of each picture among all different texts, and a picture of each different text among all pictures. A text that
/// several pictures have is one candidate and one query, and any of its pictures answers it.
/// </summary>
/// <param name="ImageToText">Pictures are the queries.</param>
/// <param name="TextToImage">Texts are the queries.</param>
public sealed record Retrieval(Recall ImageToText, Recall TextToImage)
{
    /// <summary>Measures it.</summary>
    /// <param name="images">[N, E], of length 1 each.</param>
    /// <param name="texts">[N, E], of length 1 each.</param>
    /// <param name="captions">The N texts.</param>
    public static Retrieval Of(Tensor images, Tensor texts, IReadOnlyList<string> captions)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(captions);
        using var scope = NewDisposeScope();
        string[] different = [.. captions.Distinct(StringComparer.Ordinal)];
        Dictionary<string, int> placeOf = different.Select((caption, place) => (caption, place)).ToDictionary(item => item.caption, item => item.place, StringComparer.Ordinal);
        int[] textOf = [.. captions.Select(caption => placeOf[caption])];
        long[] first = new long[different.Length];
        for (int i = textOf.Length - 1; i >= 0; i--) first[textOf[i]] = i;
        Tensor once = texts.index_select(0, Tensor.From(first).To(texts.device));
        return new Retrieval(
            Recall.Of(images, once, (image, text) => textOf[image] == text),
            Recall.Of(once, images, (text, image) => textOf[image] == text));
    }

    /// <summary>As columns of <c>metrics.csv</c>: <c>image_to_text.r1</c> and so on, and what chance gives, <c>image_to_text.chance1</c>.</summary>
    internal IEnumerable<KeyValuePair<string, double>> Columns() =>
        from side in new[] { (Name: "image_to_text", Recall: ImageToText), (Name: "text_to_image", Recall: TextToImage) }
        from k in Recall.Ks
        from column in new[] { KeyValuePair.Create($"{side.Name}.r{k}", side.Recall.At[k]), KeyValuePair.Create($"{side.Name}.chance{k}", side.Recall.Chance[k]) }
        select column;
}
