using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Training;

/// <summary>Activation densities at taps, from activations that pass by once.</summary>
/// <param name="taps">Where to measure.</param>
/// <param name="options">Threshold and sample.</param>
internal sealed class TapDensities(IReadOnlyList<string> taps, ActivationDensityOptions options) : IDisposable
{
    private static readonly string[] Quantities = ["density", "distinct_density", "correlated_units"];

    private readonly Dictionary<string, ActivationDensityAccumulator> _accumulators = [];

    internal IReadOnlyList<string> Taps => taps;

    /// <summary>Adds the activations of a batch at its taps; others are not looked at.</summary>
    internal void Add(IReadOnlyDictionary<string, Tensor> activations)
    {
        foreach (string tap in taps)
        {
            Tensor activation = activations[tap];
            if (!_accumulators.TryGetValue(tap, out ActivationDensityAccumulator? accumulator))
                _accumulators[tap] = accumulator = new ActivationDensityAccumulator(activation.NumberOfElements / activation.size(0), options);
            accumulator.Add(activation);
        }
    }

    /// <summary>Puts what was measured into the columns of <see cref="Columns"/>.</summary>
    internal void Write(Dictionary<string, double> values)
    {
        foreach ((string tap, ActivationDensityAccumulator accumulator) in _accumulators)
        {
            ActivationDensity density = accumulator.Finish();
            values[$"density.{tap}"] = density.Density;
            values[$"distinct_density.{tap}"] = density.DistinctDensity;
            values[$"correlated_units.{tap}"] = density.CorrelatedUnits;
        }
    }

    /// <summary>Columns of <c>metrics.csv</c> for some taps.</summary>
    internal static IEnumerable<string> Columns(IReadOnlyList<string> taps) =>
        Quantities.SelectMany(quantity => taps.Select(tap => $"{quantity}.{tap}"));

    public void Dispose()
    {
        foreach (ActivationDensityAccumulator accumulator in _accumulators.Values) accumulator.Dispose();
    }
}
