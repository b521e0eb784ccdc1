using Sharpless.Torch.Files;

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

    /// <summary>Adds what the set holds to a hash: captions and files, and what is in them as far as that is read soon.</summary>
    /// <remarks>Of a large set the content of some pictures is read only, evenly spread; the names and sizes of all count.</remarks>
    internal void AddTo(ContentHash hash)
    {
        const long MostBytes = 1L << 28;
        FileInfo[] files = [.. Pictures.Select(picture => new FileInfo(picture.Path))];
        long every = Math.Max(1, (files.Sum(file => file.Length) + MostBytes - 1) / MostBytes);
        for (int i = 0; i < files.Length; i++)
        {
            hash.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Pictures[i].Id} {files[i].Name} {files[i].Length}"));
            foreach (string caption in Pictures[i].Captions) hash.Add(caption);
            if (i % every == 0) hash.Add<byte>(InputFile.ReadAllBytes(files[i].FullName));
        }
    }

    /// <summary>What of the annotations was passed over: counted and named, one text for each kind; empty for nothing.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>N: number of pictures, 1 or more.</summary>
    public int Count => Pictures.Count;
}
