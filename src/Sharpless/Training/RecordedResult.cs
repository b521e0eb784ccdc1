using System.Text.Json;

namespace Sharpless.Training;

/// <summary>What <c>result.json</c> of a finished run says.</summary>
public sealed record RecordedResult
{
    /// <summary>Epochs trained.</summary>
    public double? Epochs { get; init; }

    /// <summary>Steps of the run, those that were skipped included; null where the version that wrote it did not tell them.</summary>
    public double? Steps { get; init; }

    /// <summary>Values after the last step, named as the columns of <c>metrics.csv</c> (<c>test_error</c>, <c>feature_rank.block4</c>, ...).
    /// Errors run from 0 to 1.</summary>
    public required IReadOnlyDictionary<string, double> Final { get; init; }

    /// <summary>Wall-clock time of the run in seconds.</summary>
    public double? Seconds { get; init; }

    /// <summary>Training steps per second, without start-up, evaluation and checkpoints.</summary>
    public double? StepsPerSecond { get; init; }

    /// <summary>Data set of the nearest-neighbour error; null where it was not measured or not recorded.</summary>
    public string? NeighbourDataSet { get; init; }

    /// <summary>Files of the data set that were passed over.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What a reader of the result should know of the data.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Why the run came to nothing: a loss that is not finite, or no step taken. Null for a run that came to something.</summary>
    public string? Divergence => Training.Divergence.Of(Final, Steps);

    /// <summary>Reads <c>result.json</c>.</summary>
    /// <exception cref="InvalidDataException">No JSON object, or members of another kind than expected.</exception>
    internal static RecordedResult Load(string path)
    {
        JsonElement root = RunJson.Load(path);
        if (!RunJson.TryGet(root, "final", out JsonElement final) || final.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"\"{path}\" has no object \"final\".");
        return new RecordedResult
        {
            Epochs = RunJson.Number(root, "epochs", path),
            Steps = RunJson.Number(root, "steps", path),
            Seconds = RunJson.Number(root, "seconds", path),
            StepsPerSecond = RunJson.Number(root, "steps_per_second", path),
            Final = Flatten(final, path),
            NeighbourDataSet = RunJson.TryGet(root, "knn_dataset", out JsonElement set) ? RunJson.Text(set) : null,
            LeftOut = RunJson.List(root, "left_out", path),
            Warnings = RunJson.List(root, "warnings", path),
        };
    }

    // {"knn_error":{"block4":0.2}} becomes knn_error.block4, the name of the column in metrics.csv.
    private static Dictionary<string, double> Flatten(JsonElement final, string path)
    {
        var values = new Dictionary<string, double>();
        foreach (JsonProperty quantity in final.EnumerateObject())
        {
            if (quantity.Value.ValueKind != JsonValueKind.Object)
                values[quantity.Name] = Value(quantity);
            else
                foreach (JsonProperty tap in quantity.Value.EnumerateObject()) values[$"{quantity.Name}.{tap.Name}"] = Value(tap);
        }
        return values;

        // What was measured and is no number stands as null; what was not measured does not stand there.
        double Value(JsonProperty property) => NumberOrNull.Of(property.Value) ?? throw RunJson.Wrong(path, property.Name, "a number", property.Value);
    }
}
