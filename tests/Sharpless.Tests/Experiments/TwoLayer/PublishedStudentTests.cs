using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

public sealed class PublishedStudentTests
{
    private static readonly PublishedStudent Relu = PublishedStudent.All.Single(row => row is { Experiment: "relu", Value: 0.4 }), Absolute = PublishedStudent.All.Single(row => row is { Experiment: "abs", Value: 0.4 });

    [Fact]
    public void Every_value_of_every_figure_has_a_row() =>
        Assert.Equal(TwoLayerExperiment.All.SelectMany(experiment => experiment.Values.Select(value => (experiment.Name, value))).Order(), PublishedStudent.All.Select(row => (row.Experiment, row.Value)).Order());

    [Fact]
    public void Tolerances_end_where_they_say()
    {
        Assert.Empty(Relu.Misses(At(Relu, 1.019, 0, 3, 2)));
        Assert.Equal(["train_loss", "test_loss", "l2", "feature_rank", "active_units", "distinct_units"], Relu.Misses(At(Relu, 1.021, 1, -4, 3)));
        Assert.Equal(["train_loss", "test_loss", "l2"], Relu.Misses(At(Relu, 1 / 1.021, 0, 0, 0)));
        Assert.Empty(Absolute.Misses(At(Absolute, 1.49, -1, 4, -8)));
        Assert.Equal(["train_loss", "test_loss", "l2", "feature_rank", "active_units", "distinct_units"], Absolute.Misses(At(Absolute, 1.51, 2, 5, 9)));
        Assert.Equal(6, Relu.Misses(At(Relu, double.NaN, double.NaN, double.NaN, double.NaN)).Count);
    }

    private static StudentMetrics At(PublishedStudent row, double ratio, double rank, double active, double distinct) => new(
        PublishedStudent.LastEvaluation, row.TrainLoss * ratio, row.TestLoss * ratio, row.FeatureRank + rank, 0, row.ActiveUnits + active, row.DistinctUnits + distinct, row.L2 * ratio);
}
