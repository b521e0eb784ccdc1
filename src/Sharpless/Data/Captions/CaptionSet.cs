namespace Sharpless.Data.Captions;

/// <summary>The pictures of one split and their captions. Pictures stay on disk; <see cref="CaptionReader"/> decodes them.</summary>
public sealed class CaptionSet
{
    /// <summary>A set of pictures.</summary>
    /// <param name="name">Name of the split.</param>
    /// <param name="pictures">In the order in which they are evaluated and counted.</param>
    /// <exception cref="ArgumentException">No pictures, or one without a caption.</exception>
    public CaptionSet(string name, IReadOnlyList<CaptionedPicture> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0) throw new ArgumentException($"The split {name} holds no pictures.", nameof(pictures));
        if (pictures.FirstOrDefault(picture => picture.Captions.Count == 0) is { } bare)
            throw new ArgumentException($"The picture {bare.Path} of the split {name} has no caption.", nameof(pictures));
        (Name, Pictures) = (name, pictures);
    }

    /// <summary>Name of the split, as in the annotations.</summary>
    public string Name { get; }

    /// <summary>The pictures in their stored order. An example is a place in this list.</summary>
    public IReadOnlyList<CaptionedPicture> Pictures { get; }

    /// <summary>N: number of pictures, 1 or more.</summary>
    public int Count => Pictures.Count;
}
