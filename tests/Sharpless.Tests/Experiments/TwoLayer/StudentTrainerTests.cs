using System.Text.Json;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

public sealed class StudentTrainerTests
{
    public static TheoryData<int> GoldenRuns => [.. Enumerable.Range(0, AutogradReference.Expected.GetProperty("runs").GetArrayLength())];

    [Theory, MemberData(nameof(GoldenRuns))]
    public void Four_hundred_steps_in_float64_are_those_of_automatic_differentiation(int index)
    {
        JsonElement run = AutogradReference.Expected.GetProperty("runs")[index];
        Activation activation = Enum.Parse<Activation>(run.GetProperty("activation").GetString()!, ignoreCase: true);
        StudentTrainer<double> trainer = Trainer<double>(
            activation, AutogradReference.Start(Number("scale")),
            new StudentTraining { LearningRate = Number("learning_rate"), Iterations = Endless, Rho = Number("rho"), GradientPenalty = Number("penalty") });
        while (trainer.Iteration < AutogradReference.Order.Length) trainer.Step();

        TwoLayerNetwork<double> network = trainer.Network;
        double[] hidden = AutogradReference.Doubles(run, "hidden"), hiddenBias = AutogradReference.Doubles(run, "hidden_bias"), output = AutogradReference.Doubles(run, "output");
        // 400 steps amplify the rounding of float64 (1e-16), by kinks of the activation most.
        for (int unit = 0; unit < network.Units; unit++)
        {
            for (int input = 0; input < 3; input++) Assert.Equal(hidden[unit * 3 + input], network.Parameters[input * network.Lanes + unit], 1e-9);
            Assert.Equal(hiddenBias[unit], network.Parameters[network.HiddenBias + unit], 1e-9);
            Assert.Equal(output[unit], network.Parameters[network.Output + unit], 1e-9);
        }

        Assert.Equal(Number("output_bias"), network.Parameters[network.OutputBias], 1e-9);
        StudentMetrics metrics = StudentMetrics.Of(network, AutogradReference.Task, 400, asPublished: false);
        Assert.Equal(Number("rank"), metrics.FeatureRank);
        Assert.Equal(Number("rank"), metrics.TestFeatureRank);
        Assert.Equal(Number("train_loss"), metrics.TrainLoss, 1e-9);

        double Number(string name) => run.GetProperty(name).GetDouble();
    }

    [Theory, InlineData(Activation.Relu, 0.4), InlineData(Activation.Absolute, 0.2), InlineData(Activation.Tanh, 0.6), InlineData(Activation.Relu, 0)]
    public void Steps_in_float64_are_those_of_the_plain_student(Activation activation, double rho)
    {
        const int Steps = 2000, Seed = 7;
        const double LearningRate = 0.01;
        TwoLayerWeights start = TwoLayerWeights.Draw(Seed, 3, 100, 0.3);
        TeacherTask task = TeacherTask.Published(Seed, activation);
        byte[] order = TeacherTask.PublishedOrder(Seed, Steps);
        var trainer = new StudentTrainer<double>(new TwoLayerNetwork<double>(activation, start), task, order, new StudentTraining { LearningRate = LearningRate, Iterations = Endless, Rho = rho });
        var plain = new PlainStudent(activation, start);
        for (int step = 0; step < Steps; step++)
        {
            trainer.Step();
            plain.Step([.. task.Inputs[(3 * order[step])..(3 * order[step] + 3)].Select(value => (double)value)], task.Labels[order[step]], LearningRate, rho);
        }

        for (int unit = 0; unit < 100; unit++) Assert.Equal(plain.Weights[300 + unit], trainer.Network.Parameters[trainer.Network.HiddenBias + unit], 1e-9);
    }

    // Train loss of ReLU at the published seed after 0, 1, 2, 3, 5 and 10 updates, the regularizer on throughout.
    [Theory]
    [InlineData(0, 0, new[] { 1.0180199, 1.0326378, 6.8589697, 4.7052279, 3.9681873, 4.2273579 })]
    [InlineData(0.4, 0, new[] { 1.0180199, 4.5578661, 6.9310999, 11.4765797, 3.6724982, 0.0610250 })]
    [InlineData(0, 0.3, new[] { 1.0180199, 4.4212112, 6.5387030, 33.5367279, 28.1438198, 4.2818193 })]
    public void The_first_steps_are_the_published_ones(double rho, double penalty, double[] losses)
    {
        const int Seed = TwoLayerOptions.PublishedSeed;
        TeacherTask task = TeacherTask.Published(Seed, Activation.Relu);
        var trainer = new StudentTrainer<float>(
            new TwoLayerNetwork<float>(Activation.Relu, TwoLayerWeights.Draw(Seed, 3, 100, 0.3)), task, TeacherTask.PublishedOrder(Seed, 10),
            new StudentTraining { LearningRate = 0.1, Iterations = Endless, Rho = rho, GradientPenalty = penalty, AsPublished = true });
        int[] after = [0, 1, 2, 3, 5, 10];
        for (int i = 0; i < after.Length; i++)
        {
            while (trainer.Iteration < after[i]) trainer.Step();
            // Ten steps of float32 whose losses go up and down by a factor of ten.
            Assert.Equal(1, StudentMetrics.Of(trainer.Network, task, after[i], true).TrainLoss / losses[i], 1e-4);
        }
    }

    [Fact]
    public void The_regularizer_is_on_up_to_the_middle_and_not_beyond()
    {
        var training = new StudentTraining { LearningRate = 1, Iterations = TwoLayerOptions.PublishedIterations };
        Assert.True(training.IsRegularized(9976));
        Assert.False(training.IsRegularized(9977));

        // Beyond it, a step of SAM is one of SGD to the bit.
        StudentTraining Stopping(double rho) => new() { LearningRate = 0.05, Iterations = 20, Rho = rho };
        TwoLayerWeights start = AutogradReference.Start(0.3);
        StudentTrainer<float> sam = Trainer<float>(Activation.Relu, start, Stopping(0.4)), sgd = Trainer<float>(Activation.Relu, start, Stopping(0));
        for (int step = 0; step < 11; step++) sam.Step();
        Assert.Equal(11, sam.Iteration);
        for (int step = 0; step < 11; step++) sgd.Step();
        Assert.NotEqual(sgd.Network.Parameters, sam.Network.Parameters);
        sam.Network.Parameters.CopyTo(sgd.Network.Parameters, 0);
        sam.Step();
        sgd.Step();
        Assert.Equal(sgd.Network.Parameters, sam.Network.Parameters);
    }

    [Fact]
    public void A_gradient_of_zero_leaves_the_weights_and_is_NaN_only_as_published()
    {
        TwoLayerWeights start = AutogradReference.Start(0.3);
        float output = new TwoLayerNetwork<float>(Activation.Relu, start).Outputs(AutogradReference.Task.Inputs)[0];
        TeacherTask fitted = AutogradReference.Task with { Labels = [.. Enumerable.Repeat(output, 20)] };
        foreach ((double rho, double penalty, bool asPublished) in new[] { (0.4, 0.0, false), (0.4, 0.0, true), (0.0, 0.3, false), (0.0, 0.3, true) })
        {
            var network = new TwoLayerNetwork<float>(Activation.Relu, start);
            float[] before = [.. network.Parameters];
            new StudentTrainer<float>(network, fitted, new byte[1], new StudentTraining { LearningRate = 0.1, Iterations = Endless, Rho = rho, GradientPenalty = penalty, AsPublished = asPublished }).Step();
            if (penalty > 0 && asPublished) Assert.True(float.IsNaN(network.Parameters[network.OutputBias]));
            else Assert.Equal(before, network.Parameters);
        }
    }

    [Fact]
    public void The_activation_penalty_goes_down_its_gradient_and_as_published_bends_the_ascent_alone()
    {
        const double Strength = 0.7, LearningRate = 0.05;
        TwoLayerWeights start = AutogradReference.Start(0.3);
        var training = new StudentTraining { LearningRate = LearningRate, Iterations = Endless, Rho = 0.2, ActivationPenalty = Strength };
        double[] plain = After(training with { ActivationPenalty = 0 }), right = After(training), published = After(training with { AsPublished = true });

        var network = new TwoLayerNetwork<double>(Activation.Relu, start);
        double h = 1e-6;
        for (int i = 0; i < network.HiddenBias + network.Lanes; i += 17)
        {
            if (i % network.Lanes >= network.Units) continue;
            double slope = (Penalty(i, h) - Penalty(i, -h)) / (2 * h);
            Assert.Equal(plain[i] - LearningRate * Strength * slope, right[i], 1e-9);
        }

        // As published: the gradient at w + rho (g + p) / |g + p|, where p is the penalty's; nothing else of p is left.
        var at = new TwoLayerNetwork<double>(Activation.Relu, start);
        double[] x = [.. AutogradReference.Task.Inputs.Select(value => (double)value)], w = at.Parameters, bent = new double[w.Length], gradient = new double[w.Length];
        int first = 3 * AutogradReference.Order[0];
        double y = AutogradReference.Task.Labels[AutogradReference.Order[0]];
        at.Gradient(w, x.AsSpan(first, 3), y, bent);
        at.AddActivationPenaltyGradient(w, Activation.Relu, x, Strength, bent);
        double norm = Math.Sqrt(bent.Sum(value => value * value));
        at.Gradient([.. w.Zip(bent, (weight, g) => weight + 0.2 * g / norm)], x.AsSpan(first, 3), y, gradient);
        for (int i = 0; i < w.Length; i++) Assert.Equal(w[i] - LearningRate * gradient[i], published[i], 1e-12);

        double[] After(StudentTraining how)
        {
            StudentTrainer<double> trainer = Trainer<double>(Activation.Relu, start, how);
            trainer.Step();
            return trainer.Network.Parameters;
        }

        double Penalty(int index, double step)
        {
            double kept = network.Parameters[index];
            network.Parameters[index] = kept + step;
            double mean = network.Features(Array.ConvertAll(AutogradReference.Task.Inputs, value => (double)value)).Features.Average(value => value * value);
            network.Parameters[index] = kept;
            return mean;
        }
    }

    [Fact]
    public void The_learning_rate_rises_over_the_warm_up_and_as_published_over_the_whole_run()
    {
        var training = new StudentTraining { LearningRate = 0.1, Iterations = 1000, WarmupIterations = 100, WarmupFactor = 5 };
        Assert.Equal([0.1, 0.3, 0.5, 0.5], new[] { 0, 50, 100, 900 }.Select(training.LearningRateAt), Near);
        Assert.Equal([0.1, 0.12, 0.14, 0.14], new[] { 0, 50, 100, 900 }.Select((training with { AsPublished = true }).LearningRateAt), Near);
        Assert.Equal(0.1, (training with { WarmupIterations = 0 }).LearningRateAt(500));
    }

    [Fact]
    public void Label_noise_is_normal_depends_on_the_seed_and_ends_with_the_regularizer()
    {
        StudentTrainer<double> Noisy(int seed) => Trainer<double>(
            Activation.Relu, AutogradReference.Start(0.3), new StudentTraining { LearningRate = 0.1, Iterations = 40_000, LabelNoise = 0.5, Seed = seed }, new byte[40_000]);
        double label = AutogradReference.Task.Labels[0];
        StudentTrainer<double> first = Noisy(1);
        double[] noise = [.. Enumerable.Range(0, 20_001).Select(step => first.LabelAt(step) - label)];
        // Standard errors at n = 20,001: 0.0035 of the mean, 0.0025 of the deviation.
        Assert.Equal(0, noise.Average(), 0.015);
        Assert.Equal(0.5, Math.Sqrt(noise.Average(value => value * value)), 0.01);
        Assert.Equal(label, first.LabelAt(20_001));
        Assert.NotEqual(first.LabelAt(0), Noisy(2).LabelAt(0));
    }

    // Twice any number of steps in a test, so that the regularizer stays on.
    private const int Endless = 1_000_000;

    private static bool Near(double left, double right) => Math.Abs(left - right) < 1e-12;

    private static StudentTrainer<T> Trainer<T>(Activation activation, TwoLayerWeights start, StudentTraining training, byte[]? order = null)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> =>
        new(new TwoLayerNetwork<T>(activation, start), AutogradReference.Task, order ?? AutogradReference.Order, training);
}
