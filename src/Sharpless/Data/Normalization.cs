namespace Sharpless.Data;

/// <summary>What is done to a pixel after scaling it to [0, 1]: <c>(x - Mean[c]) / Std[c]</c>, with constants for each channel c.</summary>
/// <param name="Mean">[C]: mean of each channel, of pixels in [0, 1].</param>
/// <param name="Std">[C]: standard deviation of each channel, positive.</param>
public sealed record Normalization(IReadOnlyList<float> Mean, IReadOnlyList<float> Std)
{
    /// <summary>Leaves pixels in [0, 1].</summary>
    /// <param name="channels">C.</param>
    public static Normalization None(int channels) => new(new float[channels], Enumerable.Repeat(1f, channels).ToArray());

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
