using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

public sealed class PreActivationChangeTests
{
    private const double LearningRate = 0.05;

    [Fact]
    public void To_all_orders_the_formula_is_the_step_of_SAM_where_no_unit_switches()
    {
        int checks = 0;
        for (byte point = 0; point < 20; point++)
        {
            (PreActivationChange predicted, double[] measured) = Step(point, new StudentTraining { LearningRate = LearningRate, Iterations = 2, Rho = 0.05 }, 0.05);
            if (!predicted.KeepsPattern) continue;
            checks++;
            for (int unit = 0; unit < 100; unit++) Assert.Equal(predicted.Exact[unit], measured[unit], 1e-12);
        }

        Assert.True(checks >= 5, $"Only {checks} of 20 points keep their pattern.");
    }

    [Fact]
    public void A_switching_unit_is_noticed()
    {
        // h = 0.001 with a = -1: the perturbation against a residual below 0 takes it across.
        var network = new TwoLayerNetwork<double>(Activation.Relu, new TwoLayerWeights([0.001f, 0, 0], [0], [1], 0));
        var predicted = new PreActivationChange(network);
        predicted.Predict([1, 0, 0], 1, LearningRate, 0.5);
        Assert.False(predicted.KeepsPattern);
        predicted.Predict([1, 0, 0], -1, LearningRate, 0.5);
        Assert.True(predicted.KeepsPattern);
    }

    [Theory, InlineData(1e-2), InlineData(1e-3)]
    public void What_the_first_order_leaves_shrinks_with_the_square_of_the_radius(double rho)
    {
        for (byte point = 0; point < 20; point++)
        {
            double large = Residual(point, 10 * rho, out bool largeKeeps), small = Residual(point, rho, out _);
            // A unit that switches adds a term of first order; those are another matter.
            if (largeKeeps) Assert.InRange(large / small, 90, 110);
        }

        static double Residual(byte point, double rho, out bool keeps)
        {
            (PreActivationChange predicted, double[] measured) = Step(point, new StudentTraining { LearningRate = LearningRate, Iterations = 2, Rho = rho }, rho);
            keeps = predicted.KeepsPattern;
            return Math.Sqrt(Enumerable.Range(0, 100).Sum(unit => Math.Pow(measured[unit] - predicted.Fitting[unit] + predicted.Reduction[unit], 2)));
        }
    }

    [Fact]
    public void The_gradient_norm_penalty_gives_the_first_order_formula_exactly()
    {
        for (byte point = 0; point < 20; point++)
        {
            (PreActivationChange predicted, double[] measured) = Step(point, new StudentTraining { LearningRate = LearningRate, Iterations = 2, GradientPenalty = 0.3 }, 0.3);
            for (int unit = 0; unit < 100; unit++) Assert.Equal(predicted.Fitting[unit] - predicted.Reduction[unit], measured[unit], 1e-12);
        }
    }

    [Fact]
    public void The_reduction_lowers_units_that_are_on_and_no_others()
    {
        (PreActivationChange predicted, _) = Step(0, new StudentTraining { LearningRate = LearningRate, Iterations = 2, Rho = 0.1 }, 0.1);
        for (int unit = 0; unit < 100; unit++)
        {
            if (predicted.Before[unit] > 0) Assert.True(predicted.Reduction[unit] > 0);
            else Assert.Equal(0, predicted.Reduction[unit]);
        }
    }

    [Fact]
    public void The_mechanism_of_a_training_counts_what_its_steps_do()
    {
        var training = new StudentTraining { LearningRate = 0.1, Iterations = 2000, Rho = 0.4, Seed = 4 };
        TeacherTask task = TeacherTask.Published(4, Activation.Relu);
        TwoLayerWeights start = TwoLayerWeights.Draw(4, 3, 100, 0.3);
        byte[] order = TeacherTask.PublishedOrder(4, 2000);
        MechanismRun run = Mechanism.Run(task, order, start, training);

        Assert.True(run.ExactError < 1e-6, $"The formula to all orders is off by {run.ExactError}.");
        Assert.InRange(run.PatternKept, 0.01, 1);
        Assert.InRange(run.SignAgreement, 0.5, 1);
        Assert.Equal(35, run.Windows.Count);
        Assert.Equal(0, run.UnitsBack);

        // The plain student, step by step: its units that are on at the start and at no point after 1,001 updates, and the reductions on the way.
        var plain = new PlainStudent(Activation.Relu, start);
        bool[] before = On();
        double reduction = 0;
        for (int step = 0; step <= 1000; step++)
        {
            double[] x = Point(order[step]), gradient = plain.Gradient(plain.Weights, x, task.Labels[order[step]]);
            double norm = Math.Sqrt(gradient.Sum(g => g * g)), residual = gradient[^1] / 2, n = norm / (2 * Math.Abs(residual)), square = x.Sum(value => value * value) + 1;
            reduction += Enumerable.Range(0, 100).Average(unit => 2 * 0.1 * 0.4 * Math.Abs(residual) * Math.Max(plain.PreActivation(plain.Weights, x, unit), 0) * square / n);
            plain.Step(x, task.Labels[order[step]], 0.1, 0.4);
        }

        bool[] after = On();
        Assert.Equal(Enumerable.Range(0, 100).Count(unit => before[unit] && !after[unit]), run.UnitsLost);
        Assert.True(run.UnitsLost > 10);
        Assert.Equal(1, run.Reduction / reduction, 1e-6);

        bool[] On() => [.. Enumerable.Range(0, 100).Select(unit => Enumerable.Range(0, 20).Any(point => plain.PreActivation(plain.Weights, Point(point), unit) > 0))];
        double[] Point(int point) => [.. task.Inputs[(3 * point)..(3 * point + 3)].Select(value => (double)value)];
    }

    // One step at one point; what was predicted, and the measured change of each pre-activation there.
    private static (PreActivationChange Predicted, double[] Measured) Step(byte point, StudentTraining training, double rho)
    {
        var network = new TwoLayerNetwork<double>(Activation.Relu, AutogradReference.Start(0.3));
        var trainer = new StudentTrainer<double>(network, AutogradReference.Task, [point], training);
        var predicted = new PreActivationChange(network);
        predicted.Predict(trainer.PointAt(0), trainer.LabelAt(0), LearningRate, rho);
        ReadOnlySpan<double> x = trainer.PointAt(0);
        trainer.Step();
        var after = new double[network.Lanes];
        network.PreActivations(network.Parameters, x, after);
        return (predicted, [.. after.Zip(predicted.Before, (now, then) => now - then)]);
    }
}
