using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: what is measured, how often, and on which examples.</summary>
internal static class TrainEvaluationOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(
            NumberOption.Integer("--eval-iter-freq", "Steps from one evaluation to the next; -1 for two epochs.", defaults.EvaluationPeriod, minimum: -1),
            (train, period) => train with { EvaluationPeriod = period });
        table.AddFlag(
            "--compute-feature-rank", "Measure feature rank, nearest-neighbour and nearest-centroid error at each evaluation.",
            (train, on) => train with { AnalyzesFeatures = on });
        table.AddFlag(
            "--rank-only", "Measure the same feature ranks without the whole spectrum, sooner where they are low; spectra end there.",
            (train, on) => train with { MeasuresRankOnly = on });
        table.Add(
            TextOption.List("--taps", "Taps to measure them at, separated by commas [default: the last three of the network]."),
            (train, taps) => train with { Taps = taps });
        table.AddIfGiven(
            new Option<string>("--knn-dataset")
            {
                Description = "Data set of the nearest-neighbour error, or `same` for the one trained on [default: as published, cifar100 for cifar10; cifar10 for cifar100, "
                    + "tiny_imagenet, svhn and the pairs of CIFAR-10; same for all others].",
                HelpName = "NAME",
            },
            (train, name) => train with { NeighbourDataSet = name });
        table.Add(
            NumberOption.Integer("--batch-size-eval", "Examples in a batch of an evaluation.", defaults.EvaluationBatchSize, minimum: 1),
            (train, size) => train with { EvaluationBatchSize = size });
        table.Add(
            NumberOption.Integer("--n-final-eval", "Test examples used, the first ones; -1 for all.", defaults.TestCount, minimum: -1),
            (train, count) => train with { TestCount = count });
        table.Add(
            NumberOption.Integer("--n-eval-every-k-iter", "Training examples whose loss and error are measured.", defaults.FastCount, minimum: 1),
            (train, count) => train with { FastCount = count });
        table.Add(
            NumberOption.Integer("--n-analysis", "Training examples whose features are measured.", defaults.AnalysisCount, minimum: 2),
            (train, count) => train with { AnalysisCount = count });
        table.AddFlag(
            "--compute-sparsity-metrics", "Measure the density of activations and the number of highly correlated units, at --taps [default: every tap].",
            (train, on) => train with { MeasuresDensity = on });
        table.Add(
            NumberOption.Real("--sparsity-corr-threshold", "Correlation above which two units count as one; 1 switches that off.", defaults.CorrelationThreshold, value => value >= 0, "0 or more"),
            (train, threshold) => train with { CorrelationThreshold = threshold });
        table.AddFlag(
            "--active-units", "With --compute-feature-rank, count the units that are active (above 5 % of the largest activation) on more than 0, 1, 5 and 10 % of the examples.",
            (train, on) => train with { CountsActiveUnits = on });
        table.AddFlag(
            "--compute-sharpness", "Measure how the loss rises after one step of length 0.01, and of length rho (0.1 without SAM), along the gradient of a batch; the mean over batches of --batch-size.",
            (train, on) => train with { MeasuresSharpness = on });
    }
}
