using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

public sealed class TwoLayerLabTests
{
    [Fact]
    public void The_published_results_are_met()
    {
        TwoLayerRun run = TwoLayerLab.Run(new TwoLayerOptions { Seeds = 1, Seed = TwoLayerOptions.PublishedSeed, AsPublished = true, PerturbedStarts = 0 }, threads: 2);
        Assert.Equal(PublishedStudent.All.Count, run.Comparisons.Count);
        foreach (PublishedComparison comparison in run.Comparisons)
        {
            Assert.True(comparison.Misses.Count == 0 || IsDecidedByRounding(comparison.Published), $"{comparison.Published} but here {comparison.Here}: {string.Join(", ", comparison.Misses)}.");
            // The run itself, as published, ends at the same measurement.
            StudentRun student = Assert.Single(run.Students, student => student.Experiment == comparison.Published.Experiment && student.Value == comparison.Published.Value);
            Assert.Equal(comparison.Here, student.Final);
            Assert.Equal(70, student.Evaluations.Count);
        }
    }

    // relu at 0.1, for one, ends at a train loss of 1.55e-6 or of 1.77e-6, whichever way a processor rounds: then some start that differs by rounding ends at the published one.
    private static bool IsDecidedByRounding(PublishedStudent row)
    {
        double[] values = [row.Value];
        PublishedComparison comparison = Assert.Single(TwoLayerLab.Run(
            new TwoLayerOptions { Figures = [row.Experiment], Rho = values, GradientPenalty = values, Seeds = 1, Seed = TwoLayerOptions.PublishedSeed, PerturbedStarts = 16 }, threads: 2).Comparisons);
        return comparison.PerturbedMisses < 16;
    }

    // The rank of the test features, which was not published, is that of numpy's singular values.
    [Fact]
    public void Before_training_the_students_are_the_published_ones()
    {
        TwoLayerRun run = TwoLayerLab.Run(new TwoLayerOptions { Figures = ["relu", "abs", "tanh"], Seeds = 1, Seed = 4, Iterations = 70, Rho = [0], AsPublished = true }, threads: 1);
        StudentMetrics relu = Start("relu"), absolute = Start("abs"), tanh = Start("tanh");
        Assert.Equal((1.018020, 0.847296, 6.833459), (relu.TrainLoss, relu.TestLoss, relu.L2), Near(2e-6));
        Assert.Equal((17, 94, 93, 49), (relu.FeatureRank, relu.ActiveUnits, relu.DistinctUnits, relu.TestFeatureRank));
        Assert.Equal((1.736978, 2.172624, relu.L2), (absolute.TrainLoss, absolute.TestLoss, absolute.L2), Near(2e-6));
        Assert.Equal((19, 100, 100), (absolute.FeatureRank, absolute.ActiveUnits, absolute.DistinctUnits));
        Assert.Equal((26.19571, 25.45781, 22.778195), (tanh.TrainLoss, tanh.TestLoss, tanh.L2), Near(3e-5));
        Assert.Equal((17, 100, 94), (tanh.FeatureRank, tanh.ActiveUnits, tanh.DistinctUnits));

        StudentMetrics Start(string experiment) => run.Students.Single(student => student.Experiment == experiment).Evaluations[0];
        static EqualityComparer<(double, double, double)> Near(double tolerance) => EqualityComparer<(double, double, double)>.Create(
            (left, right) => Math.Abs(left.Item1 - right.Item1) < tolerance && Math.Abs(left.Item2 - right.Item2) < tolerance && Math.Abs(left.Item3 - right.Item3) < tolerance);
    }

    [Fact]
    public void Students_trained_together_are_those_trained_alone_to_the_bit()
    {
        var options = new TwoLayerOptions { Iterations = 500, Seeds = 3, PerturbedStarts = 0 };
        TwoLayerRun together = TwoLayerLab.Run(options, threads: 4);
        foreach (StudentRun student in together.Students.Where((_, i) => i % 5 == 0))
        {
            TwoLayerExperiment experiment = TwoLayerExperiment.Named(student.Experiment);
            double[] values = [student.Value];
            StudentRun alone = Assert.Single(TwoLayerLab.Run(
                options with { Figures = [experiment.Name], Rho = values, GradientPenalty = values, Seeds = 1, Seed = student.Seed }, threads: 1).Students);
            Assert.Equal(student.Evaluations, alone.Evaluations);
        }
    }

    [Fact]
    public void The_end_is_measured_unless_as_published()
    {
        var options = new TwoLayerOptions();
        Assert.Equal([0, 285, 570], options.EvaluationIterations().Take(3));
        Assert.Equal(19_953, options.EvaluationIterations()[^1]);
        Assert.Equal(9976, options.EvaluationIterations()[35]);
        Assert.Equal(19_668, (options with { AsPublished = true }).EvaluationIterations()[^1]);
        Assert.Equal(71, options.EvaluationIterations().Count);
    }

    [Fact]
    public void A_student_that_diverges_ends_early_and_says_so()
    {
        TwoLayerRun run = TwoLayerLab.Run(new TwoLayerOptions { Figures = ["abs"], Rho = [0, 1e6], Seeds = 1, Iterations = 500 }, threads: 1);
        Assert.True(double.IsFinite(run.Students[0].Final.TrainLoss));
        Assert.True(double.IsNaN(run.Students[1].Final.TrainLoss) && double.IsNaN(run.Students[1].Final.FeatureRank));
        Assert.True(run.Students[1].Evaluations.Count < run.Students[0].Evaluations.Count);
    }

    [Fact]
    public void Every_problem_is_named_before_work_starts()
    {
        UsageException error = Assert.Throws<UsageException>(() => TwoLayerLab.Run(
            new TwoLayerOptions { Seeds = 0, Iterations = 1, Rho = [-1], LabelNoise = double.NaN, WarmupIterations = 5, PerturbedStarts = -1 }, threads: 1));
        foreach (string name in new[] { "--seeds is 0", "--iterations is 1", "--sam-rho is -1", "--label-noise is NaN", "--warmup-iterations", "--perturbed-starts is -1" })
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => TwoLayerLab.Run(new TwoLayerOptions { Figures = ["sigmoid"] }, threads: 1));
    }

    [Fact]
    public void A_run_that_is_cancelled_stops()
    {
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => TwoLayerLab.Run(new TwoLayerOptions(), threads: 1, _ => cancel.Cancel(), cancel.Token));
    }
}
