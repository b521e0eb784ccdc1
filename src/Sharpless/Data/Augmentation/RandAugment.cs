namespace Sharpless.Data.Augmentation;

/// <summary>
/// RandAugment (arXiv:1909.13719) with the operations and ranges of the published training of arXiv:2305.16292: two operations, drawn
/// uniformly with replacement from sixteen, each at magnitude 14 of 30; geometric ones get a random sign.
/// </summary>
/// <param name="Scale">Whether ranges in pixels and bits are those of the original or fit the image.</param>
/// <remarks>Works on bytes before crop and flip. The draws are a pure function of (seed, step, view, place in the batch).</remarks>
public sealed record RandAugment(RandAugmentScale Scale = RandAugmentScale.Original)
{
    /// <summary>Operations on each image.</summary>
    public const int Operations = 2;

    /// <summary>Number of operations to draw from.</summary>
    internal const int Kinds = 16;

    // Position of the magnitude in every range.
    private const double Magnitude = 14.0 / 30;

    // Sets these draws apart from all others of the same seed (CropFlip has the number before).
    private const ulong Stream = 3;

    /// <summary>Applies the draws of one example.</summary>
    /// <param name="image">[H, W, C]; changed in place.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step of the run, 0 or more.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <param name="place">Place in the batch.</param>
    /// <param name="copy">As large as the image; overwritten.</param>
    internal void Apply(Span<byte> image, ImageShape shape, ulong seed, long step, int view, int place, Span<byte> copy)
    {
        for (uint operation = 0; operation < Operations; operation++)
        {
            (uint kind, uint sign, uint x, uint y) = Draw(seed, step, view, place, operation);
            Apply(Kind(kind), sign >> 31 == 1 ? -1 : 1, x / 4294967296.0, y / 4294967296.0, image, shape, copy);
        }
    }

    /// <summary>The operations that one example gets.</summary>
    internal static IEnumerable<int> KindsFor(ulong seed, long step, int view, int place)
    {
        for (uint operation = 0; operation < Operations; operation++) yield return Kind(Draw(seed, step, view, place, operation).X0);
    }

    /// <summary>One operation.</summary>
    /// <param name="kind">From 0 to <see cref="Kinds"/> - 1, in the order of the published list.</param>
    /// <param name="sign">1 or -1; for the geometric ones.</param>
    /// <param name="x">Middle of a cut out box, from 0 to below 1 of the width.</param>
    /// <param name="y">Middle of a cut out box, from 0 to below 1 of the height.</param>
    /// <param name="image">[H, W, C]; changed in place.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="copy">As large as the image; overwritten.</param>
    internal void Apply(int kind, int sign, double x, double y, Span<byte> image, ImageShape shape, Span<byte> copy)
    {
        bool isOriginal = Scale == RandAugmentScale.Original;
        float factor = (float)At(0.1, 1.9);
        // The original shifts by up to 100 pixels whatever the size; the share of the size is that of AutoAugment (arXiv:1805.09501), 150 of 331.
        double shiftX = isOriginal ? At(0, 100) : At(0, 150 / 331.0 * shape.Width), shiftY = isOriginal ? At(0, 100) : At(0, 150 / 331.0 * shape.Height);
        // Likewise boxes of up to 40 pixels, here of 224.
        double box = isOriginal ? At(0, 40) : At(0, 40 / 224.0 * shape.Width);
        // The original keeps that many bits (one, at this magnitude) instead of dropping them.
        int bits = isOriginal ? Math.Max(1, (int)At(0, 4)) : 8 - (int)At(0, 4);
        switch (kind)
        {
            case 0: PointOperations.AutoContrast(image, shape.Channels); break;
            case 1: PointOperations.Equalize(image, shape.Channels); break;
            case 2: PointOperations.Invert(image); break;
            case 3: GeometricOperations.Rotate(image, shape, sign * At(0, 30), copy); break;
            case 4: PointOperations.Posterize(image, bits); break;
            case 5: PointOperations.Solarize(image, At(0, 256)); break;
            case 6: PointOperations.SolarizeAdd(image, At(0, 110)); break;
            case 7: BlendOperations.Color(image, shape.Channels, factor); break;
            case 8: BlendOperations.Contrast(image, shape.Channels, factor); break;
            case 9: BlendOperations.Brightness(image, factor); break;
            case 10: BlendOperations.Sharpness(image, shape, factor, copy); break;
            case 11: GeometricOperations.ShearX(image, shape, sign * At(0, 0.3), copy); break;
            case 12: GeometricOperations.ShearY(image, shape, sign * At(0, 0.3), copy); break;
            case 13: GeometricOperations.Cutout(image, shape, box, x * shape.Width, y * shape.Height); break;
            case 14: GeometricOperations.Translate(image, shape, sign * shiftX, 0, copy); break;
            case 15: GeometricOperations.Translate(image, shape, 0, sign * shiftY, copy); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, $"Bug in Sharpless: operations are counted from 0 to {Kinds - 1}.");
        }
    }

    private static (uint X0, uint X1, uint X2, uint X3) Draw(ulong seed, long step, int view, int place, uint operation) =>
        Philox.Block(seed, Stream << 32 | operation << 8 | (uint)view, (ulong)step << 24 | (uint)place);

    // Sixteen kinds: the upper four bits.
    private static int Kind(uint draw) => (int)(draw >> 28);

    private static double At(double low, double high) => Magnitude * (high - low) + low;
}

/// <summary>Ranges of the operations of <see cref="RandAugment"/> that are in pixels or bits.</summary>
public enum RandAugmentScale
{
    /// <summary>As published: on images of 32 pixels a shift leaves nothing (46.67 pixels), and posterizing leaves one bit.</summary>
    Original,
    /// <summary>Shifts and boxes as a share of the image; posterizing drops at most four bits.</summary>
    Scaled,
}
