using System.Globalization;
using Sharpless.Optimization;

namespace Sharpless.Training;

/// <summary>The numbers of a running training that a checkpoint holds besides the tensors.</summary>
internal sealed record TrainState
{
    /// <summary>Steps taken.</summary>
    public long Iteration { get; init; }

    /// <summary>Steps skipped because a gradient was not finite.</summary>
    public long Skipped { get; init; }

    /// <summary>How many of them in a row, up to now.</summary>
    public long SkippedInARow { get; init; }

    /// <summary>Sum of the objectives since the last evaluation.</summary>
    public double ObjectiveSum { get; init; }

    /// <summary>Sum of the penalties in them.</summary>
    public double PenaltySum { get; init; }

    /// <summary>How many they are.</summary>
    public long ObjectiveCount { get; init; }

    /// <summary>Whether the evaluation that follows <see cref="Iteration"/> was interrupted: the next start begins with it.</summary>
    public bool EvaluationIsDue { get; init; }

    /// <summary>Wall-clock seconds of all starts.</summary>
    public double Seconds { get; init; }

    /// <summary>Seconds of training steps alone.</summary>
    public double TrainingSeconds { get; init; }

    /// <summary>Bytes of the event file.</summary>
    public long EventBytes { get; init; }

    /// <summary>Their hash.</summary>
    public string EventHash { get; init; } = "";

    internal double Objective => ObjectiveCount == 0 ? double.NaN : ObjectiveSum / ObjectiveCount;

    internal double Penalty => ObjectiveCount == 0 ? double.NaN : PenaltySum / ObjectiveCount;

    /// <summary>Where the state stands, in words.</summary>
    internal string Position => Text(Iteration) + (EvaluationIsDue ? ", before its evaluation" : "");

    internal double StepsPerSecond => TrainingSeconds > 0 ? Iteration / TrainingSeconds : 0;

    /// <summary>The numbers after one more step.</summary>
    /// <param name="step">What it did.</param>
    /// <param name="iteration">Its number, from 1.</param>
    /// <param name="penalty">The penalties in its objective.</param>
    internal TrainState After(StepResult step, long iteration, double penalty = 0) => step.Skipped
        ? this with { Iteration = iteration, Skipped = Skipped + 1, SkippedInARow = SkippedInARow + 1 }
        : this with
        {
            Iteration = iteration,
            SkippedInARow = 0,
            ObjectiveSum = ObjectiveSum + step.PerturbedLoss,
            PenaltySum = PenaltySum + penalty,
            ObjectiveCount = ObjectiveCount + 1,
        };

    /// <summary>The last line of a run's log.</summary>
    /// <param name="divergence">Why it came to nothing; null where it did not.</param>
    internal string Ending(string? divergence) => $"done, {Skipped} of {Iteration} steps skipped{(divergence is null ? "" : $". {divergence}")}";

    internal IReadOnlyDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        ["iteration"] = Text(Iteration),
        ["skipped"] = Text(Skipped),
        ["skipped_in_a_row"] = Text(SkippedInARow),
        ["objective_sum"] = Text(BitConverter.DoubleToInt64Bits(ObjectiveSum)),
        ["penalty_sum"] = Text(BitConverter.DoubleToInt64Bits(PenaltySum)),
        ["objective_count"] = Text(ObjectiveCount),
        ["evaluation_is_due"] = Text(EvaluationIsDue ? 1 : 0),
        ["seconds"] = Text(BitConverter.DoubleToInt64Bits(Seconds)),
        ["training_seconds"] = Text(BitConverter.DoubleToInt64Bits(TrainingSeconds)),
        ["event_bytes"] = Text(EventBytes),
        ["event_hash"] = EventHash,
    };

    /// <exception cref="InvalidDataException">A number is missing or is none.</exception>
    internal static TrainState FromMetadata(IReadOnlyDictionary<string, string> metadata, string path)
    {
        return new TrainState
        {
            Iteration = Number("iteration"),
            Skipped = Number("skipped"),
            SkippedInARow = Number("skipped_in_a_row"),
            ObjectiveSum = BitConverter.Int64BitsToDouble(Number("objective_sum")),
            PenaltySum = BitConverter.Int64BitsToDouble(Number("penalty_sum")),
            ObjectiveCount = Number("objective_count"),
            EvaluationIsDue = metadata.ContainsKey("evaluation_is_due") && Number("evaluation_is_due") != 0,
            Seconds = BitConverter.Int64BitsToDouble(Number("seconds")),
            TrainingSeconds = BitConverter.Int64BitsToDouble(Number("training_seconds")),
            EventBytes = Number("event_bytes"),
            EventHash = metadata.GetValueOrDefault("event_hash", ""),
        };

        long Number(string name) =>
            metadata.TryGetValue(name, out string? text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
                ? value
                : throw new InvalidDataException($"The checkpoint '{path}' has no number '{name}'.");
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
