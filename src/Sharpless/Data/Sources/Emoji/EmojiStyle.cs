using Sharpless.Torch.Pictures;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>Drawings of emoji by one hand, and the package that carries them.</summary>
/// <param name="Name">Name of the style.</param>
/// <param name="Licence">Of the pictures; that of the package may be for its code alone.</param>
/// <param name="Package">The package.</param>
internal abstract record EmojiStyle(string Name, string Licence, NpmPackage Package)
{
    /// <summary>Whether its pictures are SVG drawings.</summary>
    protected abstract bool IsDrawn { get; }

    /// <summary>Whether a member of the package is read.</summary>
    public abstract bool Reads(string member);

    /// <summary>The drawings on white.</summary>
    /// <param name="members">Content of the members that are read.</param>
    /// <param name="table">All emoji.</param>
    /// <param name="isWanted">Picks normalized sequences.</param>
    /// <param name="side">Rows and columns of every picture.</param>
    public IReadOnlyList<EmojiDrawing> Draw(IReadOnlyDictionary<string, byte[]> members, EmojiTable table, Predicate<string> isWanted, int side)
    {
        (string Sequence, byte[] Drawing)[] drawings = [.. Drawings(members, table).Where(item => isWanted(item.Sequence))];
        var drawn = new EmojiDrawing[drawings.Length];
        PictureSet.InParallel(drawings.Length, i =>
        {
            (string sequence, byte[] drawing) = drawings[i];
            drawn[i] = new EmojiDrawing(sequence, Rasterize(drawing, side, $"{Package.Title}: {sequence}"));
        });
        return drawn;
    }

    /// <summary>Files and sequences, in a fixed order.</summary>
    protected abstract IEnumerable<(string Sequence, byte[] Drawing)> Drawings(IReadOnlyDictionary<string, byte[]> members, EmojiTable table);

    // A drawing is drawn at its size; a picture is laid on white and reduced by the mean of boxes (to 32, of 2x2 for 64x64; two pictures of 256x264 get some boxes of 8x9).
    private byte[] Rasterize(byte[] drawing, int side, string name)
    {
        Picture picture = IsDrawn ? Svg.Draw(drawing, side, side, name) : PictureFile.Decode(drawing, name);
        int width = picture.Width, height = picture.Height;
        if (width < side || height < side) throw new InvalidDataException($"{name} is {width}x{height}; expected {side}x{side} or more.");
        var white = new byte[width * height * 3];
        picture.WriteOnWhite(white);
        var pixels = new byte[side * side * 3];
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++)
                for (int c = 0; c < 3; c++)
                {
                    int top = y * height / side, bottom = (y + 1) * height / side, left = x * width / side, right = (x + 1) * width / side;
                    int count = (bottom - top) * (right - left), sum = count / 2;
                    for (int row = top; row < bottom; row++)
                        for (int column = left; column < right; column++) sum += white[(row * width + column) * 3 + c];
                    pixels[(y * side + x) * 3 + c] = (byte)(sum / count);
                }
        return pixels;
    }
}
