namespace Sharpless.Data;

/// <summary>What is done to a pixel after scaling it to [0, 1]: <c>(x - Mean[c]) / Std[c]</c>, with constants for each channel c.</summary>
/// <param name="Mean">[C]: mean of each channel, of pixels in [0, 1].</param>
/// <param name="Std">[C]: standard deviation of each channel, positive.</param>
public sealed record Normalization(IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>
    /// Bytes from 0 to 255 less the mean of each channel over ImageNet, as networks from Caffe take them (blue first).
    /// </summary>
    public static Normalization OfCaffe { get; } = new([123.68f / 255, 116.779f / 255, 103.939f / 255], [1f / 255, 1f / 255, 1f / 255]);

    /// <summary>Bytes as they are, from 0 to 255.</summary>
    public static Normalization OfBytes { get; } = new([0, 0, 0], [1f / 255, 1f / 255, 1f / 255]);

    /// <summary>Leaves pixels in [0, 1].</summary>
    /// <param name="channels">C.</param>
    public static Normalization None(int channels) => new(new float[channels], Enumerable.Repeat(1f, channels).ToArray());

    /// <summary>Mean and standard deviation of each channel over all pixels of a set of 8-bit images. A constant channel gets deviation 1.</summary>
    /// <param name="images">The training images.</param>
    public static Normalization Of(ImageSet images)
    {
        byte[] pixels = images.Bytes ?? throw new ArgumentException("Only 8-bit images are normalized, these are float32.", nameof(images));
        int channels = images.Shape.Channels;
        // Counts of each value are exact whatever the number of pixels.
        var counts = new long[channels * 256];
        for (int i = 0; i < pixels.Length; i += channels)
            for (int c = 0; c < channels; c++) counts[c * 256 + pixels[i + c]]++;

        float[] means = new float[channels], deviations = new float[channels];
        double count = pixels.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            double mean = 0, variance = 0;
            for (int value = 0; value < 256; value++) mean += counts[c * 256 + value] / count * (value / 255.0);
            for (int value = 0; value < 256; value++) variance += counts[c * 256 + value] / count * Math.Pow(value / 255.0 - mean, 2);
            (means[c], deviations[c]) = ((float)mean, variance > 0 ? (float)Math.Sqrt(variance) : 1);
        }
        return new Normalization(means, deviations);
    }

    internal IEnumerable<string> Problems(int channels)
    {
        if (Mean.Count != channels || Std.Count != channels)
            yield return $"There are {Mean.Count} means and {Std.Count} standard deviations; images of {channels} channels need {channels} of each.";
        foreach (float mean in Mean)
            if (!float.IsFinite(mean)) yield return $"A mean is {mean}; it must be finite.";
        foreach (float std in Std)
            if (!(std > 0 && float.IsFinite(std))) yield return $"A standard deviation is {std}; it must be finite and above 0.";
    }

    /// <summary>Value of every possible byte in every channel, so that a batch costs one lookup per pixel instead of two divisions.</summary>
    /// <returns>[C * 256]: channel by channel.</returns>
    internal float[] Table()
    {
        var table = new float[Mean.Count * 256];
        for (int c = 0; c < Mean.Count; c++)
            for (int value = 0; value < 256; value++)
                table[c * 256 + value] = (value / 255f - Mean[c]) / Std[c];
        return table;
    }
}
