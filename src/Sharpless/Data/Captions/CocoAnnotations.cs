using System.Text.Json.Serialization;

namespace Sharpless.Data.Captions;

/// <summary>Caption annotations of COCO: one file for each split, pictures in the order of its list <c>images</c>.</summary>
/// <param name="files">Path of each split's file, by the split's name.</param>
internal sealed class CocoAnnotations(IReadOnlyDictionary<string, string> files) : ICaptionAnnotations
{
    public IReadOnlyList<string> Splits { get; } = [.. files.Keys.Order(StringComparer.Ordinal)];

    public IReadOnlyList<StoredCaptions> Read(string split)
    {
        string path = files[split];
        Content content = AnnotationFile.Read<Content>(path);
        if (content.Images.Count == 0) throw AnnotationFile.Wrong(path, "no pictures");
        var captions = new Dictionary<long, List<string>>();
        foreach (Image image in content.Images)
            if (!captions.TryAdd(image.Id, [])) throw AnnotationFile.Wrong(path, $"two pictures with the id {image.Id}");
        foreach (Annotation annotation in content.Annotations)
        {
            if (!captions.TryGetValue(annotation.ImageId, out List<string>? texts)) throw AnnotationFile.Wrong(path, $"a caption of the picture {annotation.ImageId}, which is not in its list");
            texts.Add(annotation.Caption);
        }
        return [.. content.Images.Select(image => AnnotationFile.Picture(image.Id, image.FileName, captions[image.Id], path))];
    }

    private sealed record Content(IReadOnlyList<Image> Images, IReadOnlyList<Annotation> Annotations);

    [method: JsonConstructor]
    private readonly record struct Image(long Id, string FileName);

    [method: JsonConstructor]
    private readonly record struct Annotation(long ImageId, string Caption);
}
