namespace Sharpless.Data;

/// <summary>
/// The usual augmentation of small images: a black border, a window of the original size cut out at a random place, and its mirror image
/// half of the time. Works on bytes, before scaling and normalization, so the border is black and not the mean colour.
/// </summary>
/// <param name="Padding">Width of the border on each side in pixels; the window's offset is uniform over 0 to 2 * Padding in each direction.</param>
/// <param name="Flip">Whether images are mirrored left to right with probability 1/2.</param>
/// <remarks>
/// The draws are a pure function of (seed, step, view, place in the batch), so a resumed run repeats them. They are not those of numpy or
/// PyTorch, whose generators advance with every draw.
/// </remarks>
public sealed record CropFlip(int Padding, bool Flip = true)
{
    // Sets the draws of augmentation apart from all others of the same seed (BatchOrder has its own number).
    private const ulong Stream = 2;

    /// <summary>Width of the border on each side in pixels, 0 or more.</summary>
    public int Padding { get; } = Padding >= 0 ? Padding : throw new ArgumentOutOfRangeException(nameof(Padding), Padding, "Must be 0 or more.");

    internal readonly record struct Draw(int Top, int Left, bool Mirrored);

    /// <summary>What is done to one example of a batch.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run, 0 or more.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <param name="place">Place in the batch.</param>
    internal Draw DrawFor(ulong seed, long step, int view, int place)
    {
        (uint x0, uint x1, uint x2, _) = Philox.Block(seed, Stream << 32 | (uint)view, (ulong)step << 24 | (uint)place);
        return new Draw(Below(x0), Below(x1), Flip && x2 >> 31 == 1);
    }

    // Offsets are few, so the bias of taking the upper half of a 64-bit product is below 2^-24.
    private int Below(uint x) => (int)((ulong)x * (uint)(2 * Padding + 1) >> 32);

    /// <summary>Cuts one image out of its padded self.</summary>
    /// <param name="image">[H, W, C].</param>
    /// <param name="result">[H, W, C]; overwritten.</param>
    /// <param name="shape">Shape of the image.</param>
    /// <param name="draw">Offset of the window from the corner of the padded image, and whether it is mirrored.</param>
    internal void Apply(ReadOnlySpan<byte> image, Span<byte> result, ImageShape shape, Draw draw)
    {
        int rowSize = shape.Width * shape.Channels;
        int right = draw.Left - Padding;                                    // by how many pixels the window lies right of the image
        int visible = Math.Max(0, shape.Width - Math.Abs(right)) * shape.Channels;
        int from = Math.Max(0, right) * shape.Channels, to = Math.Max(0, -right) * shape.Channels;
        for (int y = 0; y < shape.Height; y++)
        {
            Span<byte> row = result.Slice(y * rowSize, rowSize);
            int source = y + draw.Top - Padding;
            if (source < 0 || source >= shape.Height || visible == 0)
            {
                row.Clear();
                continue;
            }
            row[..to].Clear();
            image.Slice(source * rowSize + from, visible).CopyTo(row[to..]);
            row[(to + visible)..].Clear();
            if (draw.Mirrored) Mirror(row, shape.Channels);
        }
    }

    private static void Mirror(Span<byte> row, int channels)
    {
        if (channels == 1)
        {
            row.Reverse();
            return;
        }
        for (int left = 0, right = row.Length - channels; left < right; left += channels, right -= channels)
            for (int c = 0; c < channels; c++)
                (row[left + c], row[right + c]) = (row[right + c], row[left + c]);
    }
}
