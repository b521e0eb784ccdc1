using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Activation density of features that arrive in batches, which are not kept: counts, and the correlations of the sampled units.</summary>
public sealed class ActivationDensityAccumulator : IDisposable
{

    private readonly ActivationDensityOptions _options;
    private readonly long _units;
    private readonly Tensor? _sample;
    private readonly SpectrumAccumulator? _covariance;
    private readonly long[] _positive;
    private double _allPositive;
    private long _examples;

    /// <summary>An accumulator that has seen nothing.</summary>
    /// <param name="units">P, 1 or more.</param>
    /// <param name="options">Threshold and sample.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ActivationDensityAccumulator(long units, ActivationDensityOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        (_options, _units) = (options, units);
        int sampled = (int)Math.Min(units, options.SampledUnits);
        _positive = new long[sampled];
        using var outside = new Outside();
        if (sampled < units) _sample = Sample(units, sampled, options.Seed);
        if (options.CorrelationThreshold < 1) _covariance = new SpectrumAccumulator(sampled, Centering.Feature);
    }

    /// <summary>Adds a batch.</summary>
    /// <param name="features">[B, P] or more dimensions, which are flattened after the first. Borrowed.</param>
    /// <exception cref="ArgumentException">Another number of units.</exception>
    /// <exception cref="InvalidDataException">A row is not finite.</exception>
    public void Add(Tensor features)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor rows = FeatureRows.AsMatrix(features);
        if (rows.size(1) != _units) throw new ArgumentException($"The accumulator is for {_units} units; given is {features.Text}.", nameof(features));
        _allPositive += rows.gt(0).sum().Item();
        Tensor sampled = (_sample is null ? rows : rows.index_select(1, _sample.To(rows.device))).To(CPU);
        long[] positive = sampled.gt(0).sum(dim: 0).ToArray<long>();
        for (int i = 0; i < positive.Length; i++) _positive[i] += positive[i];
        _covariance?.Add(sampled);
        _examples += rows.size(0);
    }

    /// <summary>The density of all examples.</summary>
    /// <exception cref="InvalidOperationException">No examples were added.</exception>
    public ActivationDensity Finish()
    {
        if (_examples == 0) throw new InvalidOperationException("No features were added; a density needs at least one example.");
        double density = _allPositive / ((double)_examples * _units);
        int sampled = _positive.Length, dead = _positive.Count(count => count == 0);
        if (_covariance is null) return new ActivationDensity(density, density, 0, dead, sampled, _units, _examples);

        bool[] isLeft = DistinctUnits();
        double positive = 0;
        for (int i = 0; i < sampled; i++) positive += isLeft[i] ? _positive[i] : 0;
        return new ActivationDensity(density, positive / ((double)_examples * sampled), isLeft.Count(left => !left), dead, sampled, _units, _examples);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sample?.Dispose();
        _covariance?.Dispose();
    }

    // From the first unit to the last: one that is correlated with a unit that is still there goes.
    private bool[] DistinctUnits()
    {
        var isLeft = new bool[_positive.Length];
        for (int i = 0; i < isLeft.Length; i++) isLeft[i] = _positive[i] > 0;
        CorrelatedUnits.Remove(_covariance!.CenteredGram(), _options.CorrelationThreshold, isLeft);
        return isLeft;
    }

    private static Tensor Sample(long units, int count, int seed)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(seed);
        long[] drawn = randperm(units, generator: generator).ToArray<long>()[..count];
        Array.Sort(drawn);
        return scope.MoveToOuter(Tensor.From(drawn));
    }
}
