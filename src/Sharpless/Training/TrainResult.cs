namespace Sharpless.Training;

/// <summary>What a run came to: <c>result.json</c>.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Epochs">Epochs trained.</param>
/// <param name="Final">Quantities after the last step, named as the columns of <c>metrics.csv</c>.</param>
/// <param name="Seconds">Wall-clock time, added up over all starts of the run.</param>
/// <param name="StepsPerSecond">Training steps alone: no start-up, evaluation or checkpoint.</param>
public sealed record TrainResult(string Run, int Epochs, IReadOnlyDictionary<string, double> Final, double Seconds, double StepsPerSecond)
{
    /// <summary>Data set of the nearest-neighbour error; null where that was not measured.</summary>
    public string? NeighbourDataSet { get; init; }

    /// <summary>Files of the data set that were passed over (<see cref="Data.ImageData.LeftOut"/>).</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What a user should know of the data (<see cref="Data.ImageData.Notes"/>).</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Steps of the run, those that were skipped included; null where the version that wrote it did not tell them.</summary>
    public long? Steps { get; init; }

    /// <summary>Why the run came to nothing: a loss that is not finite, or no step taken. Null for a run that came to something.</summary>
    public string? Divergence => Training.Divergence.Of(Final, Steps);

    // What was not asked for is an empty group for the quantities that were there first, and absent for the others.
    private static readonly string[] PerTap = ["knn_error", "centroid_error", "feature_rank"];

    /// <summary>The JSON document that scripts rely on: quantities of taps are grouped, <c>{"feature_rank":{"block4":..}}</c>.</summary>
    public IReadOnlyDictionary<string, object?> Document
    {
        get
        {
            var document = new Dictionary<string, object?>
            {
                ["run"] = Run, ["epochs"] = Epochs, ["steps"] = Steps, ["skipped_steps"] = Final.GetValueOrDefault("skipped_steps"), ["diverged"] = Divergence is not null,
                ["final"] = GroupedQuantities.Of(Final, PerTap), ["seconds"] = Seconds, ["steps_per_second"] = StepsPerSecond,
            };
            if (NeighbourDataSet is not null) document["knn_dataset"] = NeighbourDataSet;
            if (LeftOut.Count > 0) document["left_out"] = LeftOut;
            if (Warnings.Count > 0) document["warnings"] = Warnings;
            return document;
        }
    }

    /// <summary>The result of a finished run.</summary>
    /// <exception cref="FileNotFoundException">The run is not finished, or there is none.</exception>
    public static TrainResult Load(string folder) => Read(folder, Path.Combine(folder, "result.json"));

    internal static TrainResult Read(string folder, string path)
    {
        RecordedResult recorded = RecordedResult.Load(path);
        return new TrainResult(folder, (int)(recorded.Epochs ?? 0), recorded.Final, recorded.Seconds ?? 0, recorded.StepsPerSecond ?? 0)
        {
            Steps = (long?)recorded.Steps, NeighbourDataSet = recorded.NeighbourDataSet, LeftOut = recorded.LeftOut, Warnings = recorded.Warnings,
        };
    }
}
