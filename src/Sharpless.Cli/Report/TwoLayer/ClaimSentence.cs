using Sharpless.Analysis;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>What became of a claim, in words.</summary>
internal static class ClaimSentence
{
    /// <summary>Whether it holds, and where not.</summary>
    public static string Of(Claim claim) => claim.Holds switch
    {
        null => $"Not judged: {claim.Statement}. One seed cannot tell; run more --seeds.",
        true => $"Holds: {claim.Statement}.",
        false => $"Does not hold: {claim.Statement}. Not so for {string.Join("; ", claim.Parts.Where(part => part.Holds == false).Select(part => $"{part.What} ({Interval(part.Difference)})"))}.",
    };

    /// <summary>"-1.2 [-1.5, -0.9]": mean and 95 % interval; the mean alone for a single seed.</summary>
    public static string Interval(Estimate estimate) => estimate is { Low: { } low, High: { } high }
        ? $"{Format.Value(estimate.Mean, Unit.Number)} [{Format.Value(low, Unit.Number)}, {Format.Value(high, Unit.Number)}]"
        : Format.Value(estimate.Mean, Unit.Number);
}
