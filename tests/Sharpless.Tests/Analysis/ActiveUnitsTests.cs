using System.Globalization;
using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Analysis;

public class ActiveUnitsTests
{
    public static TheoryData<string> Files() => new(Golden.Expected.GetProperty("activations").EnumerateArray().Select(item => item.GetProperty("file").GetString()!));

    [Theory, MemberData(nameof(Files))]
    public void Counts_are_those_of_numpy(string file)
    {
        JsonElement expected = Expected(file);
        using ArrayFile array = Golden.Open(file);
        var actual = ActiveUnits.Of(new StoredFeatures(array.Single()));
        Assert.Equal(expected.GetProperty("threshold").GetDouble(), actual.Threshold, 1e-6);
        Assert.Equal(expected.GetProperty("active_density").GetDouble(), actual.Density, 1e-12);
        Assert.Equal([0, 0.01, 0.05, 0.1], actual.Counts.Keys);
        Assert.Equal(expected.GetProperty("active").Integers(), actual.Counts.Values.Select(count => (long)count));
        Assert.Equal(array.Single().Shape, [actual.Examples, actual.Units]);
    }

    [Theory, MemberData(nameof(Files))]
    public void Densities_are_those_of_numpy_however_the_examples_arrive(string file)
    {
        JsonElement expected = Expected(file);
        using ArrayFile array = Golden.Open(file);
        var features = new StoredFeatures(array.Single());
        foreach (JsonProperty limit in expected.GetProperty("distinct").EnumerateObject())
        {
            var options = new ActivationDensityOptions { CorrelationThreshold = double.Parse(limit.Name, CultureInfo.InvariantCulture) };
            using var batches = new ActivationDensityAccumulator(features.Dimensions, options);
            for (long row = 0; row < features.Examples; row += 7)
            {
                using Tensor rows = features.ReadRows(row, Math.Min(7, features.Examples - row));
                batches.Add(rows);
            }

            ActivationDensity whole = ActivationDensity.Of(features, options);
            Assert.Equal(whole, batches.Finish());
            Assert.Equal(expected.GetProperty("density").GetDouble(), whole.Density, 1e-12);
            Assert.Equal(limit.Value.GetProperty("density").GetDouble(), whole.DistinctDensity, 1e-12);
            Assert.Equal(limit.Value.GetProperty("correlated").GetInt32(), whole.CorrelatedUnits);
            Assert.Equal(expected.GetProperty("dead").GetInt32(), whole.DeadUnits);
            Assert.Equal((features.Dimensions, features.Examples), (whole.Units, whole.Examples));
        }
    }

    [Theory, InlineData(1.0), InlineData(2.5)]
    public void A_threshold_of_one_or_more_looks_at_no_correlation(double threshold)
    {
        using var scope = NewDisposeScope();
        // Two equal units and a dead one.
        using var features = FeatureStore.Of(Tensor.From([1f, 1, 0, 0, 0, 0, 2, 2, 0], 3, 3));
        ActivationDensity actual = ActivationDensity.Of(features, new ActivationDensityOptions { CorrelationThreshold = threshold });
        Assert.Equal((4.0 / 9, 4.0 / 9, 0, 1), (actual.Density, actual.DistinctDensity, actual.CorrelatedUnits, actual.DeadUnits));
    }

    [Fact]
    public void Units_that_do_not_vary_are_correlated_with_nothing()
    {
        using var scope = NewDisposeScope();
        // 0.1 is not exact, and neither is its mean: what is left after centering is rounding, equal in both columns.
        float[] values = [.. Enumerable.Range(0, 50).SelectMany(i => new[] { 0.1f, 0.1f, 1e6f, i })];
        using var features = FeatureStore.Of(Tensor.From(values, 50, 4));
        Assert.Equal(0, ActivationDensity.Of(features, new ActivationDensityOptions()).CorrelatedUnits);
    }

    [Fact]
    public void Of_many_units_a_seeded_sample_is_compared()
    {
        using var scope = NewDisposeScope();
        // Twenty kinds of units, fifty copies of each: of any 100 at most 20 are left.
        using var generator = Generator.Seeded(5);
        Tensor kinds = Tensor.Empty([80, 20]);
        kinds.uniform_(0, 1, generator);
        using var features = FeatureStore.Of(cat([.. Enumerable.Repeat(kinds, 50)], 1));
        ActivationDensity Of(int seed, int sampled) => ActivationDensity.Of(features, new ActivationDensityOptions { SampledUnits = sampled, Seed = seed });
        ActivationDensity first = Of(1, 100);
        Assert.Equal((100, 1000, 1.0), (first.SampledUnits, first.Units, first.Density));
        Assert.InRange(first.CorrelatedUnits, 80, 85);
        Assert.Equal((100 - first.CorrelatedUnits) / 100.0, first.DistinctDensity, 1e-12);
        Assert.Equal(first, Of(1, 100));
        Assert.NotEqual(Of(1, 10).CorrelatedUnits + Of(2, 10).CorrelatedUnits + Of(3, 10).CorrelatedUnits + Of(4, 10).CorrelatedUnits, 4 * Of(1, 10).CorrelatedUnits);
        Assert.Equal(980, Of(1, 1000).CorrelatedUnits);
    }

    [Fact]
    public void Features_that_are_zero_or_negative_have_no_active_units()
    {
        using var scope = NewDisposeScope();
        foreach (float value in new[] { 0f, -1f })
        {
            using var features = FeatureStore.Of(full([6, 4], value, ScalarType.Float32));
            var units = ActiveUnits.Of(features);
            Assert.Equal((0.0, 0, 0), (units.Density, units.Counts[0], units.Counts[0.1]));
            ActivationDensity density = ActivationDensity.Of(features, new ActivationDensityOptions());
            Assert.Equal((0.0, 0.0, 4, 4), (density.Density, density.DistinctDensity, density.CorrelatedUnits, density.DeadUnits));
        }
    }

    [Theory, InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void Activations_that_are_not_finite_are_named(float bad)
    {
        using var scope = NewDisposeScope();
        using var features = FeatureStore.Of(Tensor.From([1f, 2, 3, bad, 5, 6], 3, 2));
        Assert.Contains("Row 1", Assert.Throws<InvalidDataException>(() => ActiveUnits.Of(features)).Message, StringComparison.Ordinal);
        Assert.Contains("Row 1", Assert.Throws<InvalidDataException>(() => ActivationDensity.Of(features, new ActivationDensityOptions())).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(-0.1, 10), InlineData(double.NaN, 10), InlineData(0.9, 0)]
    public void Options_out_of_range_are_refused(double threshold, int sampled) =>
        Assert.Throws<ArgumentException>(() => new ActivationDensityAccumulator(3, new ActivationDensityOptions { CorrelationThreshold = threshold, SampledUnits = sampled }));

    private static JsonElement Expected(string file) => Golden.Expected.GetProperty("activations").EnumerateArray().Single(item => item.GetProperty("file").GetString() == file);
}
