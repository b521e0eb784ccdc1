using System.Text.Json;
using Sharpless.Training;

namespace Sharpless.Contrastive;

/// <summary>What an image-text run came to: <c>result.json</c>.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Final">Quantities after the last step, named as the columns of <c>metrics.csv</c>.</param>
/// <param name="Seconds">Wall-clock time, added up over all starts of the run.</param>
/// <param name="StepsPerSecond">Training steps alone: no start-up, evaluation or checkpoint.</param>
public sealed record ContrastiveResult(string Run, long Steps, IReadOnlyDictionary<string, double> Final, double Seconds, double StepsPerSecond)
{
    /// <summary>
    /// What was passed over: tensors in the files of published encoders that are no part of them, behind <c>image.</c> or <c>text.</c>, and
    /// what <see cref="Data.Captions.CaptionSet.PassedOver"/> says of the annotations.
    /// </summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>Why the run came to nothing: a loss that is not finite, or no step taken. Null for a run that came to something.</summary>
    public string? Divergence => Training.Divergence.Of(Final, Steps);

    /// <summary>The JSON document that scripts rely on: ranks and recalls are grouped, <c>{"image_rank":{"0.99":..}}</c>.</summary>
    public IReadOnlyDictionary<string, object?> Document => new Dictionary<string, object?>
    {
        ["run"] = Run, ["steps"] = Steps, ["skipped_steps"] = Final.GetValueOrDefault("skipped_steps"), ["diverged"] = Divergence is not null, ["final"] = GroupedQuantities.Of(Final), ["seconds"] = Seconds, ["steps_per_second"] = StepsPerSecond,
        ["passed_over"] = PassedOver,
    };

    /// <summary>The result of a finished run.</summary>
    /// <exception cref="FileNotFoundException">The run is not finished, or there is none.</exception>
    public static ContrastiveResult Load(string folder)
    {
        string path = Path.Combine(folder, "result.json");
        RecordedResult recorded = RecordedResult.Load(path);
        string[] passedOver = RunJson.TryGet(RunJson.Load(path), "passed_over", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(name => name.ToString())]
            : [];
        return new ContrastiveResult(folder, (long)(recorded.Steps ?? 0), recorded.Final, recorded.Seconds ?? 0, recorded.StepsPerSecond ?? 0) { PassedOver = passedOver };
    }
}
