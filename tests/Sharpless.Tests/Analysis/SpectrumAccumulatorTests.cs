using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Tests.Analysis;

public class SpectrumAccumulatorTests
{
    [Theory]
    [InlineData(Centering.None, 0)]
    [InlineData(Centering.Example, 0)]
    [InlineData(Centering.Feature, 0)]
    [InlineData(Centering.Example, 1e6)]
    [InlineData(Centering.Feature, 1e6)]
    public void Batches_and_merged_parts_equal_one_pass(Centering centering, double offset)
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(101, 17, seed: 1, offset: offset);
        double[] expected = Accumulated(features, centering, 101).Finish().SingularValues;

        using SpectrumAccumulator first = Accumulated(features.narrow(0, 0, 40), centering, 13);
        using SpectrumAccumulator second = Accumulated(features.narrow(0, 40, 1), centering, 1);
        using SpectrumAccumulator third = Accumulated(features.narrow(0, 41, 60), centering, 7);
        using var empty = new SpectrumAccumulator(17, centering);
        second.Merge(third);
        first.Merge(second);
        first.Merge(empty);
        empty.Merge(first);
        foreach (FeatureSpectrum spectrum in new[] { first.Finish(), empty.Finish() })
        {
            Assert.Equal(101, spectrum.Examples);
            // Squares, because centered examples have a last value of 0, whose root shows the rounding. Features at 1e6 carry 1e-10 themselves.
            Features.AssertClose(Squares(expected), Squares(spectrum.SingularValues), (offset > 0 ? 1e-9 : 1e-14) * expected[0] * expected[0], "squares");
        }
    }

    [Fact]
    public void Fewer_examples_than_features_give_as_many_values_as_examples()
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(5, 12, seed: 2);
        double[] values = Accumulated(features, Centering.None, 2).Finish().SingularValues;
        Features.AssertClose(Features.SingularValues(features), values, 1e-7 * values[0], "singular values");
    }

    [Fact]
    public void Image_features_of_any_type_are_flattened()
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(20, 12, seed: 3).To(ScalarType.BFloat16);
        double[] expected = Accumulated(features, Centering.Example, 20).Finish().SingularValues;
        Assert.Equal(expected, Accumulated(features.reshape(20, 3, 2, 2), Centering.Example, 20).Finish().SingularValues);
    }

    [Fact]
    public void Accumulators_and_stores_outlive_the_scope_they_are_made_in_and_free_what_they_hold()
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(6, 4, seed: 4).To(ScalarType.Float32);
        long before = Runtime.LiveTensors;
        SpectrumAccumulator accumulator;
        FeatureStore store;
        using (NewDisposeScope())
        {
            accumulator = new SpectrumAccumulator(4, Centering.Feature);
            store = new FeatureStore(6, 4);
        }

        accumulator.Add(features);
        store.Append(features);
        Assert.Equal(FeatureSpectrum.Of(store, Centering.Feature).SingularValues, accumulator.Finish().SingularValues);
        store.Dispose();
        Assert.Equal(before, Runtime.LiveTensors);
    }

    [Fact]
    public void Misuse_is_told()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new SpectrumAccumulator(3, Centering.None);
        Assert.Throws<InvalidOperationException>(() => accumulator.Finish());
        Assert.Throws<ArgumentException>(() => accumulator.Add(zeros([2, 4])));
        Assert.Throws<ArgumentException>(() => accumulator.Add(zeros([3])));
        using var other = new SpectrumAccumulator(3, Centering.Feature);
        Assert.Throws<ArgumentException>(() => accumulator.Merge(other));
        accumulator.Add(full([2, 3], 1, ScalarType.Float32));
        accumulator.Finish();
        Assert.Throws<ObjectDisposedException>(() => accumulator.Add(zeros([2, 3])));
    }

    [Fact]
    public void The_row_that_is_not_finite_is_counted_over_all_batches()
    {
        using var scope = NewDisposeScope();
        using var accumulator = new SpectrumAccumulator(2, Centering.Feature);
        accumulator.Add(zeros([5, 2]));
        var refusal = Assert.Throws<InvalidDataException>(() => accumulator.Add(Tensor.From([0f, 0, 0, float.NaN], 2, 2)));
        Assert.Contains("Row 6 ", refusal.Message, StringComparison.Ordinal);
    }

    private static double[] Squares(double[] values) => [.. values.Select(value => value * value)];

    private static SpectrumAccumulator Accumulated(Tensor features, Centering centering, long batch)
    {
        var accumulator = new SpectrumAccumulator(features.flatten(1).size(1), centering);
        for (long row = 0; row < features.size(0); row += batch) accumulator.Add(features.narrow(0, row, Math.Min(batch, features.size(0) - row)));
        return accumulator;
    }
}
