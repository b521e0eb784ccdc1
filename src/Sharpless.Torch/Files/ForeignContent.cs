namespace Sharpless.Torch.Files;

/// <summary>Recognizes by its first bytes what a file is, where it is not what was expected.</summary>
internal static class ForeignContent
{
    /// <summary>First bytes that are enough to recognize everything here.</summary>
    public const int Length = 512;

    private const string AsPicture = "Save it as PNG or JPEG first (ImageMagick: magick OLD NEW.png), or leave it out.";
    private const string AsArrays = "Save its arrays with numpy.save, numpy.savez or safetensors.";
    private const string Unpack = "Unpack it first.";

    /// <summary>What lies in place of a file because fetching it went wrong; null for anything else.</summary>
    public static Foreign? FailedDownload(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs.github.com/"u8))
            return new("a Git LFS pointer, which stands for a file that was not fetched", "Fetch the file itself: git lfs pull.");
        ReadOnlySpan<byte> text = start.StartsWith("\uFEFF"u8) ? start[3..] : start;
        text = text.TrimStart(" \t\r\n"u8);
        // Comments and scripts may come first, but one of these comes soon.
        if (BeginsWith(text, "<!doctype html") || BeginsWith(text, "<html") || BeginsWith(text, "<head") || BeginsWith(text, "<body"))
            return new("an HTML page, so its download went wrong", "Open its address in a browser, and fetch the file itself.");
        if (BeginsWith(text, "<?xml") && text.IndexOf("<Error>"u8) >= 0)
            return new("the error message of a server (XML), so its download went wrong", "Open its address in a browser, and fetch the file itself.");
        return null;
    }

    /// <summary>What a file is; null for what is not known here.</summary>
    /// <param name="start">Its first <see cref="Length"/> bytes, or all of them.</param>
    public static Foreign? Of(ReadOnlySpan<byte> start)
    {
        if (start.IsEmpty) return new("an empty file", "It was not written or fetched to its end: do that again.");
        if (FailedDownload(start) is { } failed) return failed;
        return start switch
        {
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => new("a GIF picture", "Name a file of another kind."),
            [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] => new("a BMP picture", "Name a file of another kind."),
            [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => new("a TIFF picture", AsPicture),
            [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => new("a Photoshop picture", AsPicture),
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', ..] => new("an AVIF picture", AsPicture),
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'h' or (byte)'m', ..] => new("a HEIF picture or a film", AsPicture),
            [0xff, 0x0a, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] => new("a JPEG XL picture", AsPicture),
            [0, 0, 0, 12, (byte)'j', (byte)'P', ..] => new("a JPEG 2000 picture", AsPicture),
            [0xff, 0xd8, 0xff, ..] => new("a JPEG picture", "Name a file of another kind."),
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => new("a PNG picture", "Name a file of another kind."),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => new("a WebP picture", "Name a file of another kind."),
            [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => new("an HDF5 file", AsArrays),
            [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..] => new("a Parquet table", AsArrays),
            [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => new("an npy array", "Name a file of another kind."),
            [0x1f, 0x8b, ..] => new("a file compressed with gzip", Unpack),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => new("a file compressed with bzip2", Unpack),
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => new("a file compressed with xz", Unpack),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => new("a file compressed with zstd", Unpack),
            [(byte)'7', (byte)'z', 0xbc, 0xaf, ..] => new("a 7z archive", Unpack),
            [(byte)'P', (byte)'K', 3, 4, ..] => new("a zip archive", Unpack),
            [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => new("a PDF document", "Name a file of another kind."),
            [0x7f, (byte)'E', (byte)'L', (byte)'F', ..] => new("a program", "Name a file of another kind."),
            _ => start.Length > 262 && start[257..].StartsWith("ustar"u8) ? new("a tar archive", Unpack)
                : BeginsWith(start, "<?xml") || BeginsWith(start, "<svg") ? new("an XML or SVG document", "Name a file of another kind.")
                : null,
        };
    }

    /// <summary>The refusal of a file by what it is; null where that is not known.</summary>
    public static InvalidDataException? Refusal(ReadOnlySpan<byte> start, FilePlace file, string expected) =>
        Of(start) is { } foreign ? file.Error(0, foreign.What, expected, foreign.Mend) : null;

    /// <inheritdoc cref="Refusal(ReadOnlySpan{byte}, FilePlace, string)"/>
    public static InvalidDataException? Refusal(ByteSource source, FilePlace file, string expected)
    {
        Span<byte> start = stackalloc byte[(int)Math.Min(Length, source.Length)];
        source.Read(0, start);
        return Refusal(start, file, expected);
    }

    private static bool BeginsWith(ReadOnlySpan<byte> text, string ascii) =>
        text.Length >= ascii.Length && System.Text.Ascii.EqualsIgnoreCase(text[..ascii.Length], ascii);
}

/// <summary>What a file is in place of what was expected.</summary>
/// <param name="What">With its article: "a GIF picture".</param>
/// <param name="Mend">What to do about it, as a sentence.</param>
internal readonly record struct Foreign(string What, string Mend);
