using System.Text.Json.Serialization;

namespace Sharpless.Data.Captions;

/// <summary>Captions and splits of Karpathy and Fei-Fei (arXiv:1412.2306): one file for all splits (train, restval, val, test).</summary>
/// <remarks>The pictures of a split are put into one random order, because the first ones stand for all in evaluations and the file's order is not random.</remarks>
internal sealed class KarpathyAnnotations : ICaptionAnnotations
{
    // Sets this order apart from all other draws.
    private const ulong Stream = 7;

    private readonly string _path;
    private readonly ILookup<string, Image> _images;

    public KarpathyAnnotations(string path)
    {
        _path = path;
        _images = AnnotationFile.Read<Content>(path).Images.ToLookup(image => image.Split, StringComparer.Ordinal);
        Splits = [.. _images.Select(images => images.Key).Order(StringComparer.Ordinal)];
        if (Splits.Count == 0) throw AnnotationFile.Wrong(path, "no pictures");
    }

    public IReadOnlyList<string> Splits { get; }

    public IReadOnlyList<StoredCaptions> Read(string split, ICollection<string> passedOver)
    {
        Image[] images = [.. _images[split]];
        AnnotationFile.TellNulls([.. images.SelectMany(image => image.Sentences.Where(sentence => sentence.Raw is null).Select(_ => image.Imgid))], _path, passedOver);
        return [.. Philox.Permutation(images.Length, key: 0, Stream << 32).Select(place => images[place]).Select(image => AnnotationFile.Picture(
            image.Imgid,
            // filepath is the folder of COCO's own split; sets of one folder have none.
            image.Filepath is null ? image.Filename : $"{image.Filepath}/{image.Filename}",
            [.. image.Sentences.Select(sentence => sentence.Raw).OfType<string>()],
            _path))];
    }

    private sealed record Content(IReadOnlyList<Image> Images);

    [method: JsonConstructor]
    private readonly record struct Image([property: JsonConverter(typeof(IdConverter))] string Imgid, string Split, string Filename, IReadOnlyList<Sentence> Sentences, string? Filepath = null);

    [method: JsonConstructor]
    private readonly record struct Sentence(string? Raw);
}
