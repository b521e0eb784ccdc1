using System.Text.Json.Serialization;

namespace Sharpless.Data.Captions;

/// <summary>Caption annotations of COCO: one file for each split, pictures in the order of its list <c>images</c>.</summary>
/// <param name="files">Path of each split's file, by the split's name.</param>
internal sealed class CocoAnnotations(IReadOnlyDictionary<string, string> files) : ICaptionAnnotations
{
    public IReadOnlyList<string> Splits { get; } = [.. files.Keys.Order(StringComparer.Ordinal)];

    public IReadOnlyList<StoredCaptions> Read(string split, ICollection<string> passedOver)
    {
        string path = files[split];
        Content content = AnnotationFile.Read<Content>(path);
        if (content.Images.Count == 0) throw AnnotationFile.Wrong(path, "no pictures");
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (Image image in content.Images)
            if (!captions.TryAdd(image.Id, [])) throw AnnotationFile.Wrong(path, $"two pictures with the id {image.Id}");
        List<string> without = [];
        foreach (Annotation annotation in content.Annotations)
        {
            if (!captions.TryGetValue(annotation.ImageId, out List<string>? texts)) throw AnnotationFile.Wrong(path, $"a caption of the picture {annotation.ImageId}, which is not in its list");
            if (annotation.Caption is null) without.Add(annotation.ImageId);
            else texts.Add(annotation.Caption);
        }

        AnnotationFile.TellNulls(without, path, passedOver);
        return [.. content.Images.Select(image => AnnotationFile.Picture(image.Id, image.FileName, captions[image.Id], path))];
    }

    private sealed record Content(IReadOnlyList<Image> Images, IReadOnlyList<Annotation> Annotations);

    [method: JsonConstructor]
    private readonly record struct Image([property: JsonConverter(typeof(IdConverter))] string Id, string FileName);

    [method: JsonConstructor]
    private readonly record struct Annotation([property: JsonConverter(typeof(IdConverter))] string ImageId, string? Caption);
}
