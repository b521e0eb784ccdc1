using System.Globalization;

namespace Sharpless.Experiments.Sparse;

/// <summary>How a network was trained.</summary>
/// <param name="ValidationAccuracy">After each epoch, 0 to 1.</param>
/// <param name="GradientEvaluations">Forward and backward passes.</param>
/// <param name="Seconds">Wall-clock time.</param>
internal sealed record Trained(IReadOnlyList<double> ValidationAccuracy, long GradientEvaluations, double Seconds)
{
    private const string Accuracies = "validation_accuracy", Evaluations = "gradient_evaluations", Time = "seconds";

    /// <summary>This training and the one that went on from it, as one.</summary>
    internal Trained Then(Trained next) =>
        new([.. ValidationAccuracy, .. next.ValidationAccuracy], GradientEvaluations + next.GradientEvaluations, Seconds + next.Seconds);

    internal IReadOnlyDictionary<string, string> ToMetadata() => new Dictionary<string, string>
    {
        [Accuracies] = string.Join(' ', ValidationAccuracy.Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
        [Evaluations] = GradientEvaluations.ToString(CultureInfo.InvariantCulture),
        [Time] = Seconds.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <exception cref="InvalidDataException">A number is missing or is none.</exception>
    internal static Trained FromMetadata(IReadOnlyDictionary<string, string> metadata, string path)
    {
        return new Trained([.. Text(Accuracies).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)], (long)Number(Text(Evaluations)), Number(Text(Time)));

        string Text(string name) => metadata.TryGetValue(name, out string? text) ? text : throw new InvalidDataException($"The dense network '{path}' has no '{name}'.");

        double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InvalidDataException($"The dense network '{path}' holds '{text}' where a number belongs.");
    }
}
