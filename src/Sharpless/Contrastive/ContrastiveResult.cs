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
    /// <summary>The JSON document that scripts rely on: ranks and recalls are grouped, <c>{"image_rank":{"0.99":..}}</c>.</summary>
    public IReadOnlyDictionary<string, object> Document => new Dictionary<string, object>
    {
        ["run"] = Run, ["steps"] = Steps, ["final"] = GroupedQuantities.Of(Final), ["seconds"] = Seconds, ["steps_per_second"] = StepsPerSecond, ["passed_over"] = PassedOver,
    };

    /// <summary>What of the annotations was passed over, counted and named; see <see cref="Data.Captions.CaptionSet.PassedOver"/>.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>The result of a finished run.</summary>
    /// <exception cref="FileNotFoundException">The run is not finished, or there is none.</exception>
    public static ContrastiveResult Load(string folder)
    {
        RecordedResult recorded = RecordedResult.Load(Path.Combine(folder, "result.json"));
        return new ContrastiveResult(folder, (long)(recorded.Steps ?? 0), recorded.Final, recorded.Seconds ?? 0, recorded.StepsPerSecond ?? 0);
    }
}
