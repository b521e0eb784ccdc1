using Sharpless.Analysis;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Cli.Report.TwoLayer;

/// <summary>What became of a claim, in words.</summary>
internal static class ClaimSentence
{
    /// <summary>How the intervals are made, for whoever reads the claims of a run.</summary>
    public static string Method(IReadOnlyList<Claim> claims) =>
        $"The intervals of the {claims.Sum(claim => claim.Parts.Count)} differences behind all claims of this run hold together with 95 %: by Student's t over the seeds, paired, with Bonferroni's correction.";

    /// <summary>The verdict, and the parts that make it.</summary>
    public static string Of(Claim claim) => claim.Verdict switch
    {
        _ when claim.Parts.Any(part => part.Difference.Samples < 2) => $"Undecided: {claim.Statement}. One seed cannot tell; run more --seeds.",
        Verdict.Holds => $"Holds: {claim.Statement}.",
        Verdict.Contradicted => $"Contradicted: {claim.Statement}. The opposite is seen for {Parts(claim, Verdict.Contradicted)}.",
        _ => $"Undecided: {claim.Statement}. The interval reaches to both sides for {Parts(claim, Verdict.Undecided)}.",
    };

    /// <summary>"-1.2 [-1.5, -0.9]": mean and interval; the mean alone for a single seed.</summary>
    public static string Interval(Estimate estimate) => estimate is { Low: { } low, High: { } high }
        ? $"{Format.Value(estimate.Mean, Unit.Number)} [{Format.Value(low, Unit.Number)}, {Format.Value(high, Unit.Number)}]"
        : Format.Value(estimate.Mean, Unit.Number);

    private static string Parts(Claim claim, Verdict verdict) => string.Join("; ", claim.Parts.Where(part => part.Verdict == verdict).Select(part => $"{part.What} ({Interval(part.Difference)})"));
}
