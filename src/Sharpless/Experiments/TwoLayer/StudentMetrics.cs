using System.Numerics;
using System.Text.Json.Serialization;
using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>What is measured of a student at one moment of its training. NaN where its training loss is not finite.</summary>
/// <param name="Iteration">Updates before it.</param>
/// <param name="TrainLoss">Mean squared error on the training points.</param>
/// <param name="TestLoss">Mean squared error on the test points.</param>
/// <param name="FeatureRank">Principal components that explain 99.99 % of the features φ(W x + b) [20, 100] of the training points, not centered.</param>
/// <param name="TestFeatureRank">The same of the test points [1000, 100]. Not published.</param>
/// <param name="ActiveUnits">Units that are on at one training point at least: h above 0 for ReLU, |φ| of 0.05 or more otherwise.</param>
/// <param name="DistinctUnits">Active units without those whose activations correlate with another's by more than 0.999 in absolute value.</param>
/// <param name="L2">Euclidean norm of all parameters.</param>
public sealed record StudentMetrics(
    [property: JsonPropertyName("iteration")] int Iteration,
    [property: JsonPropertyName("train_loss")] double TrainLoss,
    [property: JsonPropertyName("test_loss")] double TestLoss,
    [property: JsonPropertyName("feature_rank")] double FeatureRank,
    [property: JsonPropertyName("test_feature_rank")] double TestFeatureRank,
    [property: JsonPropertyName("active_units")] double ActiveUnits,
    [property: JsonPropertyName("distinct_units")] double DistinctUnits,
    [property: JsonPropertyName("l2")] double L2)
{
    /// <summary>Share of the variance that the feature rank explains.</summary>
    public const double VarianceShare = 0.9999;

    /// <summary>|φ| from which a unit without ReLU counts as active.</summary>
    public const double ActiveFrom = 0.05;

    /// <summary>Absolute correlation above which two units count as one.</summary>
    public const double SameFrom = 0.999;

    /// <summary>Measures a student.</summary>
    /// <param name="network">The student.</param>
    /// <param name="task">Its training and test points.</param>
    /// <param name="iteration">Updates so far.</param>
    /// <param name="asPublished">Whether distinct units are counted among those with φ above 0 whatever φ is, and zero features have rank n + 1.</param>
    internal static StudentMetrics Of<T>(TwoLayerNetwork<T> network, TeacherTask task, int iteration, bool asPublished)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (T[] outputs, T[] features) = network.Features(Array.ConvertAll(task.Inputs, T.CreateChecked));
        double l2 = Math.Sqrt(network.Parameters.Sum(value => double.CreateChecked(value) * double.CreateChecked(value))), loss = MeanSquare(outputs, task.Labels);
        if (!double.IsFinite(loss)) return new StudentMetrics(iteration, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

        (T[] testOutputs, T[] testFeatures) = network.Features(Array.ConvertAll(task.TestInputs, T.CreateChecked));
        double[][] units = Columns(features, network.Units);
        double[][] active = [.. units.Where(unit => unit.Any(value => IsOn(network.Activation, value)))];
        double[][] counted = asPublished ? [.. units.Where(unit => unit.Any(value => value > 0))] : active;
        return new StudentMetrics(
            iteration, loss, MeanSquare(testOutputs, task.TestLabels), Rank(features, network.Units, asPublished), Rank(testFeatures, network.Units, asPublished), active.Length, Distinct(counted), l2);
    }

    /// <summary>Whether an activation counts as on.</summary>
    internal static bool IsOn(Activation activation, double value) => activation == Activation.Relu ? value > 0 : Math.Abs(value) >= ActiveFrom;

    private static double MeanSquare<T>(T[] outputs, float[] labels)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            double difference = double.CreateChecked(outputs[i] - T.CreateChecked(labels[i]));
            sum += difference * difference;
        }

        return sum / outputs.Length;
    }

    private static double Rank<T>(T[] features, int units, bool asPublished)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        int rows = features.Length / units;
        using var accumulator = new SpectrumAccumulator(units, Centering.None);
        accumulator.Add(Tensor.From(features, rows, units));
        int rank = accumulator.Finish().FeatureRank(VarianceShare);
        return asPublished && rank == 0 ? Math.Min(rows, units) + 1 : rank;
    }

    private static double[][] Columns<T>(T[] features, int units)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        [.. Enumerable.Range(0, units).Select(unit => Enumerable.Range(0, features.Length / units).Select(row => double.CreateChecked(features[row * units + unit])).ToArray())];

    // Greedy, as published: from the first unit on, one that correlates with another that is left goes. A constant unit correlates with none.
    private static int Distinct(double[][] units)
    {
        List<double[]> left = [.. units.Select(Standardized)];
        for (int i = 0; i < left.Count;)
        {
            if (left.Where((other, j) => j != i && Math.Abs(Dot(left[i], other)) > SameFrom).Any()) left.RemoveAt(i);
            else i++;
        }

        return left.Count;
    }

    private static double[] Standardized(double[] values)
    {
        double mean = values.Average();
        double[] centered = Array.ConvertAll(values, value => value - mean);
        double length = Math.Sqrt(Dot(centered, centered));
        return length == 0 ? centered : Array.ConvertAll(centered, value => value / length);
    }

    private static double Dot(double[] left, double[] right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++) sum += left[i] * right[i];
        return sum;
    }
}
