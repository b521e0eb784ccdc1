namespace Sharpless.Data;

/// <summary>Which examples are used for what. The defaults are those of arXiv:2305.16292's published code.</summary>
public sealed record SplitOptions
{
    /// <summary>Share of the examples used (<see cref="TrainShare"/>) that is set aside for validation, rounded down, in [0, 1). Default 0.001. Has no effect on sets that bring their own.</summary>
    public double ValidationShare { get; init; } = 0.001;

    /// <summary>Share of the training examples trained on, rounded down, in (0, 1]; the first ones that are not for validation are kept. Default 1.</summary>
    public double TrainShare { get; init; } = 1;

    /// <summary>Number of test examples used, the first ones; null for all. Default 10,000.</summary>
    public int? TestCount { get; init; } = 10_000;

    /// <summary>Number of training examples looked at by the frequent evaluations. Default 512.</summary>
    public int FastCount { get; init; } = 512;

    /// <summary>Number of training examples whose features are analysed. Default 10,240.</summary>
    public int AnalysisCount { get; init; } = 10_240;

    internal IEnumerable<string> Problems()
    {
        if (!(ValidationShare >= 0 && ValidationShare < 1)) yield return $"ValidationShare is {ValidationShare}; it must be at least 0 and below 1.";
        if (!(TrainShare > 0 && TrainShare <= 1)) yield return $"TrainShare is {TrainShare}; it must be above 0 and at most 1.";
        if (TestCount <= 0) yield return $"TestCount is {TestCount}; it must be positive, or null for all test examples.";
        if (FastCount <= 0) yield return $"FastCount is {FastCount}; it must be positive.";
        if (AnalysisCount <= 0) yield return $"AnalysisCount is {AnalysisCount}; it must be positive.";
    }
}
