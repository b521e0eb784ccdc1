using System.Globalization;

namespace Sharpless.Experiments.Sparse;

/// <summary>How a network was trained.</summary>
/// <param name="ValidationAccuracy">After each epoch, 0 to 1.</param>
/// <param name="GradientEvaluations">Forward and backward passes.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Steps">Steps, those that were skipped included.</param>
/// <param name="Skipped">Steps that were skipped, because a gradient was not finite.</param>
internal sealed record Trained(IReadOnlyList<double> ValidationAccuracy, long GradientEvaluations, double Seconds, long Steps, long Skipped)
{
    private const string Accuracies = "validation_accuracy", Evaluations = "gradient_evaluations", Time = "seconds", All = "steps", Left = "skipped_steps";

    /// <summary>Whether there were steps and none was taken.</summary>
    internal bool TookNone => Steps > 0 && Skipped == Steps;

    /// <summary>This training and the one that went on from it, as one.</summary>
    internal Trained Then(Trained next) =>
        new([.. ValidationAccuracy, .. next.ValidationAccuracy], GradientEvaluations + next.GradientEvaluations, Seconds + next.Seconds, Steps + next.Steps, Skipped + next.Skipped);

    internal IReadOnlyDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        [Accuracies] = string.Join(' ', ValidationAccuracy.Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
        [Evaluations] = GradientEvaluations.ToString(CultureInfo.InvariantCulture),
        [Time] = Seconds.ToString("R", CultureInfo.InvariantCulture),
        [All] = Steps.ToString(CultureInfo.InvariantCulture),
        [Left] = Skipped.ToString(CultureInfo.InvariantCulture),
    };

    /// <exception cref="InvalidDataException">A number is missing or is none.</exception>
    internal static Trained FromMetadata(IReadOnlyDictionary<string, string> metadata, string path)
    {
        return new Trained([.. Text(Accuracies).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)], (long)Number(Text(Evaluations)), Number(Text(Time)), Count(All), Count(Left));

        // Earlier versions did not count them.
        long Count(string name) => metadata.ContainsKey(name) ? (long)Number(Text(name)) : 0;

        string Text(string name) => metadata.TryGetValue(name, out string? text) ? text : throw new InvalidDataException($"The dense network '{path}' has no '{name}'.");

        double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InvalidDataException($"The dense network '{path}' holds '{text}' where a number belongs.");
    }
}
