namespace Sharpless.Training;

/// <summary>Whether a training came to something.</summary>
internal static class Divergence
{
    private static readonly string[] Losses = ["train_loss", "test_loss"];

    /// <summary>Why it came to nothing, as a sentence; null where it did come to something.</summary>
    /// <param name="final">Quantities after the last step, by column of <c>metrics.csv</c>.</param>
    /// <param name="steps">Steps of the run, those that were skipped included; null where they are not known.</param>
    internal static string? Of(IReadOnlyDictionary<string, double> final, double? steps)
    {
        double skipped = final.GetValueOrDefault("skipped_steps");
        if (steps > 0 && skipped >= steps) return $"No step was taken: in all {steps} steps a gradient was not finite, and they were skipped.";
        string[] lost = [.. Losses.Where(loss => final.TryGetValue(loss, out double value) && !double.IsFinite(value)).Select(loss => loss.Replace('_', ' '))];
        if (lost.Length == 0) return null;
        string also = skipped > 0 ? $" {skipped} of {steps?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "its"} steps were skipped, because a gradient was not finite." : "";
        return $"The training diverged: at its end the {string.Join(" and the ", lost)} {(lost.Length == 1 ? "is" : "are")} not finite.{also}";
    }
}
