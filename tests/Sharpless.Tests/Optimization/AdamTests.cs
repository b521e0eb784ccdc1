using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

/// <summary>Adam by hand in float64; beside PyTorch it is in the golden file of the options.</summary>
public sealed class AdamTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory, InlineData(0.0), InlineData(0.3)]
    public void Steps_on_a_parabola_follow_the_formula(double decay)
    {
        var model = new Parabola(2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var plain = new PlainDescent(model, weights, new Adam(weights, new AdamOptions { WeightDecay = decay }) { LearningRate = 0.1 });
        double w = 2, m = 0, v = 0;
        for (int t = 1; t <= 6; t++)
        {
            double d = (3 * w) + (decay * w);
            (m, v) = ((0.9 * m) + (0.1 * d), (0.999 * v) + (0.001 * d * d));
            w -= 0.1 / (1 - Math.Pow(0.9, t)) * m / (Math.Sqrt(v / (1 - Math.Pow(0.999, t))) + 1e-8);
            plain.Step(() => model.Loss(3));
            Assert.Equal(w, model.W, tolerance: 1e-5);
        }
    }

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void Pruned_weights_stay_0_and_keep_no_means(Precision precision)
    {
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, precision);
        using var live = full([3, 100], 1, ScalarType.Bool);
        live.narrow(1, 0, 40).fill_(0);
        weights.SetMask(new Dictionary<string, Tensor> { ["linear.weight"] = live });
        using var adam = new Adam(weights, new AdamOptions { WeightDecay = 1e-2 }) { LearningRate = 0.01 };
        using var sam = new Sam(model, weights, adam, new SamOptions { Rho = 0.1 });
        for (long step = 0; step < 3; step++) Assert.False(sam.Step(() => model.Loss(model.Images(step), model.Labels(step))).Skipped);
        WeightSlot slot = weights.Slots.Single(item => item.Name == "linear.weight");
        foreach (Tensor vector in new[] { weights.Segments[slot.Segment].Master, adam.State["adam_mean"][slot.Segment], adam.State["adam_square"][slot.Segment] })
        {
            float[] values = slot.View(vector).ToArray<float>();
            for (int i = 0; i < values.Length; i++) Assert.Equal(i % 100 < 40, values[i] == 0);
        }
    }

    [Fact]
    public void Weight_decay_on_matrices_alone_leaves_normalization_and_biases()
    {
        // Without a gradient, SGD's step is -η λ w where there is decay, and nothing elsewhere.
        foreach (Precision precision in new[] { Precision.Float32, Precision.BFloat16 })
        {
            var model = new TinyNetwork(seed: 5);
            using var weights = new WeightSpace(model, precision);
            float[][] before = [.. weights.Slots.Select(slot => weights.MasterOf(slot).ToArray<float>())];
            using var sgd = new Sgd(weights, new SgdOptions { Momentum = 0, WeightDecay = 0.5, Decayed = DecayedWeights.Matrices }) { LearningRate = 0.1 };
            weights.ZeroGradient();
            sgd.Descend();
            for (int i = 0; i < before.Length; i++)
            {
                double factor = weights.Slots[i].Shape.Length > 1 ? 0.95 : 1;
                Assert.Equal(before[i].Select(w => w * factor), weights.MasterOf(weights.Slots[i]).ToArray<float>().Select(w => (double)w), (x, y) => Math.Abs(x - y) < 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(1.0, 0.999, 1e-8)]
    [InlineData(0.9, double.NaN, 1e-8)]
    [InlineData(0.9, 0.999, 0.0)]
    public void Options_out_of_range_are_refused(double beta1, double beta2, double epsilon)
    {
        var model = new Parabola(1);
        using var weights = new WeightSpace(model, Precision.Float32);
        Assert.Throws<ArgumentException>(() => new Adam(weights, new AdamOptions { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon }));
    }
}
