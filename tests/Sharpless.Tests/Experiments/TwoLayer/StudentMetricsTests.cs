using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

public sealed class StudentMetricsTests
{
    // Units along the axes of the plane: what they do at the points is easily told.
    private static readonly TeacherTask Task = new([1, 0, 0, 1, -1, 0, 0, -1], [0, 0, 0, 0], [1, 0, 0, 1], [0, 1]);

    [Fact]
    public void Units_that_are_on_nowhere_do_not_count_and_equal_ones_count_once()
    {
        // x, the same twice, -y, and one that is off everywhere.
        StudentMetrics metrics = Measure(Activation.Relu, [[1, 0], [2, 0], [0, -1], [0, 0]], [0, 0, 0, -1]);
        Assert.Equal((3.0, 2.0, 2.0), (metrics.ActiveUnits, metrics.DistinctUnits, metrics.FeatureRank));
    }

    [Fact]
    public void Units_of_tanh_that_are_never_above_zero_are_distinct_units_except_as_published()
    {
        // tanh(x) at bias -2 is below zero at every point, tanh(y) is not.
        float[][] rows = [[1, 0], [0, 1]];
        Assert.Equal((2.0, 2.0), Counts(asPublished: false));
        Assert.Equal((2.0, 1.0), Counts(asPublished: true));

        (double, double) Counts(bool asPublished)
        {
            StudentMetrics metrics = Measure(Activation.Tanh, rows, [-2, 0], asPublished);
            return (metrics.ActiveUnits, metrics.DistinctUnits);
        }
    }

    [Fact]
    public void Activations_below_the_threshold_do_not_count_where_there_is_no_zero()
    {
        Assert.Equal(1, Measure(Activation.Absolute, [[0.04f, 0], [0.06f, 0]], [0, 0]).ActiveUnits);
        Assert.Equal(2, Measure(Activation.Relu, [[0.04f, 0], [0.06f, 0]], [0, 0]).ActiveUnits);
    }

    [Fact]
    public void Zero_features_have_rank_zero_and_as_published_one_more_than_there_are()
    {
        Assert.Equal(0, Measure(Activation.Relu, [[0, 0], [0, 0]], [-1, -1]).FeatureRank);
        Assert.Equal(3, Measure(Activation.Relu, [[0, 0], [0, 0]], [-1, -1], asPublished: true).FeatureRank);
        Assert.Equal(0, Measure(Activation.Relu, [[0, 0]], [-1]).DistinctUnits);
        Assert.Equal(1, Measure(Activation.Relu, [[1, 0]], [0]).DistinctUnits);
    }

    [Fact]
    public void Losses_and_norm_are_the_written_sums()
    {
        // f = 2 max(x, 0) + 0.5: 2.5, 0.5, 0.5, 0.5 on the training points, 2.5 and 0.5 on the test points.
        StudentMetrics metrics = StudentMetrics.Of(new TwoLayerNetwork<double>(Activation.Relu, new TwoLayerWeights([1, 0], [0], [2], 0.5f)), Task, 3, asPublished: false);
        Assert.Equal((6.25 + 3 * 0.25) / 4, metrics.TrainLoss, 1e-12);
        Assert.Equal((6.25 + 0.25) / 2, metrics.TestLoss, 1e-12);
        Assert.Equal(Math.Sqrt(1 + 4 + 0.25), metrics.L2, 1e-12);
        Assert.Equal(3, metrics.Iteration);
    }

    [Fact]
    public void The_norm_of_weights_whose_squares_float32_cannot_hold_is_finite() =>
        Assert.Equal(1e25, StudentMetrics.Of(new TwoLayerNetwork<float>(Activation.Relu, new TwoLayerWeights([1e25f, 0], [-1e25f], [0], 0)), Task, 0, asPublished: false).L2 / Math.Sqrt(2), 1e19);

    [Fact]
    public void The_pattern_and_the_histogram_count_every_point_and_unit()
    {
        var network = new TwoLayerNetwork<double>(Activation.Relu, new TwoLayerWeights([1, 0, 0, -1], [0, 0], [1, 1], 0));
        ActivationPattern pattern = ActivationPattern.Of(network, Task, 0);
        // Rows are points, columns units: x is on at the first point, -y at the last.
        Assert.Equal([true, false, false, false, false, false, false, true], pattern.IsOn.Cast<bool>());
        Assert.Equal(8, pattern.Histogram.Sum());
        Assert.Equal((2, 4, 2), (pattern.Histogram[10], pattern.Histogram[20], pattern.Histogram[30]));
    }

    private static StudentMetrics Measure(Activation activation, float[][] rows, float[] biases, bool asPublished = false)
    {
        float[] outputs = [.. biases.Select(_ => 1f)];
        return StudentMetrics.Of(new TwoLayerNetwork<double>(activation, new TwoLayerWeights([.. rows.SelectMany(row => row)], biases, outputs, 0)), Task, 0, asPublished);
    }
}
