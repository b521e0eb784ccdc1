namespace Sharpless.Data.Augmentation;

/// <summary>
/// Operations that look at one value at a time, by a table for each channel. Results are those of Pillow's <c>ImageOps</c> to the byte.
/// </summary>
/// <remarks>Images are [H, W, C] bytes; each operation changes its image in place.</remarks>
internal static class PointOperations
{
    /// <summary>Stretches each channel to the full range; a channel of one value stays.</summary>
    internal static void AutoContrast(Span<byte> image, int channels) => PerChannel(image, channels, (histogram, table) =>
    {
        int low = Array.FindIndex(histogram, count => count > 0), high = Array.FindLastIndex(histogram, count => count > 0);
        if (high <= low) return false;
        double scale = 255.0 / (high - low), offset = -low * scale;
        for (int value = 0; value < 256; value++) table[value] = (byte)Math.Clamp((int)(value * scale + offset), 0, 255);
        return true;
    });

    /// <summary>Spreads each channel so that its histogram becomes as even as whole steps allow.</summary>
    internal static void Equalize(Span<byte> image, int channels) => PerChannel(image, channels, (histogram, table) =>
    {
        int last = histogram[Array.FindLastIndex(histogram, count => count > 0)];
        int step = (histogram.Sum() - last) / 255;
        if (step == 0) return false;
        int sum = step / 2;
        for (int value = 0; value < 256; value++)
        {
            table[value] = (byte)Math.Min(255, sum / step);
            sum += histogram[value];
        }

        return true;
    });

    /// <summary>255 - x.</summary>
    internal static void Invert(Span<byte> image) => Map(image, value => 255 - value);

    /// <summary>Keeps the highest bits.</summary>
    /// <param name="image">The image.</param>
    /// <param name="bits">From 1 to 8.</param>
    internal static void Posterize(Span<byte> image, int bits) => Map(image, value => value & ~((1 << (8 - bits)) - 1));

    /// <summary>Inverts values from a threshold on.</summary>
    internal static void Solarize(Span<byte> image, double threshold) => Map(image, value => value < threshold ? value : 255 - value);

    /// <summary>Adds, cuts off at 0 and 255, truncates, then inverts values from 128 on.</summary>
    internal static void SolarizeAdd(Span<byte> image, double addition) => Map(image, value =>
    {
        int sum = (int)Math.Clamp(value + addition, 0, 255);
        return sum < 128 ? sum : 255 - sum;
    });

    private static void Map(Span<byte> image, Func<int, int> of)
    {
        Span<byte> table = stackalloc byte[256];
        for (int value = 0; value < 256; value++) table[value] = (byte)of(value);
        foreach (ref byte value in image) value = table[value];
    }

    // make returns whether the channel changes.
    private static void PerChannel(Span<byte> image, int channels, Func<int[], byte[], bool> make)
    {
        var table = new byte[256];
        var histogram = new int[256];
        for (int channel = 0; channel < channels; channel++)
        {
            Array.Clear(histogram);
            for (int i = channel; i < image.Length; i += channels) histogram[image[i]]++;
            if (!make(histogram, table)) continue;
            for (int i = channel; i < image.Length; i += channels) image[i] = table[image[i]];
        }
    }
}
