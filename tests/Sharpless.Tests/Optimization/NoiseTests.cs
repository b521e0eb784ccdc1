using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

public sealed class NoiseTests : IDisposable
{
    private const int Weights = 20_000;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Gradient_noise_has_its_standard_deviation_and_mean_0()
    {
        // The loss is flat (a = 0), so a step of length 1 is the noise itself.
        double[] moved = StepOf(new NoiseOptions { GradientScale = 0.3 }, a: 0, w: 1).Select(w => 1 - w).ToArray();
        AssertMoments(moved, mean: 0, deviation: 0.3);
        Assert.InRange(moved.Count(x => Math.Abs(x) > 0.6) / (double)Weights, 0.035, 0.056);    // normal: 4.6 % beyond two deviations
    }

    [Theory]
    [InlineData(0.2, 0.0, NoiseDistribution.Gauss, 0.2)]
    [InlineData(0.0, 0.2, NoiseDistribution.Gauss, 0.4)]                 // of m w, w = 2
    [InlineData(0.2, 0.0, NoiseDistribution.Uniform, 0.0577350269)]      // width / √12
    [InlineData(0.0, 0.2, NoiseDistribution.Uniform, 0.1154700538)]
    public void Weight_noise_shifts_the_gradient_and_leaves_w(double additive, double multiplicative, NoiseDistribution distribution, double deviation)
    {
        // g(w') = w' on ½ w², and the descent starts from w: w - w_next = w'.
        double[] disturbed = StepOf(new NoiseOptions { AdditiveScale = additive, MultiplicativeScale = multiplicative, Distribution = distribution }, a: 1, w: 2).Select(w => 2 - w).ToArray();
        AssertMoments(disturbed, mean: 2, deviation);
        if (distribution == NoiseDistribution.Uniform) Assert.True(disturbed.Max() < 2 + (deviation * Math.Sqrt(3) * 1.001));
    }

    [Fact]
    public void Under_sam_the_weights_come_back_to_their_bits()
    {
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0 }, new SamOptions { Rho = 0.1 }) { Noise = new NoiseOptions { AdditiveScale = 0.1, MultiplicativeScale = 0.1 } };
        float[] master = weights.Segments[0].Master.ToArray<float>();
        double quiet = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0 }, new SamOptions { Rho = 0.1 }).Step(() => model.Loss(model.Images(1), model.Labels(1))).Loss;
        double noisy = sam.Step([.. Enumerable.Range(1, 2).Select(_ => new BatchLoss(() => model.Loss(model.Images(1), model.Labels(1))))]).Loss;
        Assert.NotEqual(quiet, noisy);
        Assert.Equal(master, weights.Segments[0].Master.ToArray<float>());
        Assert.Equal(master, weights.Segments[0].Point.ToArray<float>());
    }

    [Fact]
    public void A_loss_that_throws_under_noise_leaves_the_weights()
    {
        var model = new Parabola(1, 2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var plain = new PlainDescent(model, weights, new Sgd(weights, new SgdOptions())) { Noise = new NoiseOptions { AdditiveScale = 1 } };
        Assert.Throws<InvalidOperationException>(() => plain.Step(() => throw new InvalidOperationException()));
        Assert.Equal([1, 2], model.Ws);
    }

    [Fact]
    public void Pruned_weights_feel_no_noise()
    {
        var model = new Parabola(3, 5, -4);
        using var weights = new WeightSpace(model, Precision.Float32);
        weights.SetMask(new Dictionary<string, Tensor> { ["w"] = Tensor.From([true, false, true]) });
        var noise = new NoiseOptions { GradientScale = 1, AdditiveScale = 1, MultiplicativeScale = 1 };
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.1 }, new SamOptions { Rho = 0.1 }) { Noise = noise };
        double seen = double.NaN;
        sam.Step(() =>
        {
            seen = model.Ws[1];
            return model.Loss(1);
        });
        Assert.Equal((0, 0), (seen, model.Ws[1]));
    }

    [Fact]
    public void The_same_state_of_the_generator_gives_the_same_noise()
    {
        var noise = new NoiseOptions { GradientScale = 0.3, AdditiveScale = 0.1 };
        double[] first = StepOf(noise, a: 1, w: 2), again = StepOf(noise, a: 1, w: 2), other = StepOf(noise, a: 1, w: 2, seed: 4);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    private static double[] StepOf(NoiseOptions noise, double a, float w, long seed = 3)
    {
        Runtime.Seed(seed);
        var model = new Parabola([.. Enumerable.Repeat(w, Weights)]);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var plain = new PlainDescent(model, weights, new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = 1 }) { Noise = noise };
        plain.Step(() => model.Loss(a));
        return model.Ws;
    }

    // Within five standard errors.
    private static void AssertMoments(double[] values, double mean, double deviation)
    {
        double actualMean = values.Average(), actualDeviation = Math.Sqrt(values.Average(value => Math.Pow(value - actualMean, 2)));
        Assert.InRange(actualMean, mean - (5 * deviation / Math.Sqrt(Weights)), mean + (5 * deviation / Math.Sqrt(Weights)));
        Assert.InRange(actualDeviation / deviation, 1 - (5 / Math.Sqrt(2 * Weights)), 1 + (5 / Math.Sqrt(2 * Weights)));
    }
}
