using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

public class SamTests
{
    [Theory, InlineData(0.0), InlineData(0.1)]
    public void Step_on_a_parabola_matches_the_closed_form(double rho)
    {
        // f(w) = ½·a·w². Gradient a·w, ε = ρ·sign(w), so w' = w − η·a·(w + ρ·sign(w)).
        using var scope = NewDisposeScope();
        var model = new Parabola(-2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = 0.1 }, new SamOptions { Rho = rho });
        StepResult result = sam.Step(() => model.Loss(a: 3));
        Assert.Equal(-2 - 0.1 * 3 * (-2 - rho), model.W, tolerance: 1e-6);
        Assert.Equal(6, result.Loss, tolerance: 1e-6);
        Assert.Equal(0.5 * 3 * Math.Pow(2 + rho, 2), result.PerturbedLoss, tolerance: 1e-5);
    }

    [Fact]
    public void Momentum_and_weight_decay_act_at_w_and_not_in_the_ascent()
    {
        // Two steps by hand. Were weight decay in the ascent gradient, ε = ρ·sign would not change here, so the check is on the descent:
        // d = a(w + ρ·sign(w)) + λw; m = μm + d; w -= ηm.
        using var scope = NewDisposeScope();
        const double A = 3, Rho = 0.1, Rate = 0.1, Mu = 0.9, Lambda = 0.2;
        var model = new Parabola(2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { Momentum = Mu, WeightDecay = Lambda }) { LearningRate = Rate }, new SamOptions { Rho = Rho });
        double w = 2, m = 0;
        for (int step = 0; step < 4; step++)
        {
            m = (Mu * m) + (A * (w + (Rho * Math.Sign(w)))) + (Lambda * w);
            w -= Rate * m;
            sam.Step(() => model.Loss(A));
            Assert.Equal(w, model.W, tolerance: 1e-5);
        }
    }

    [Fact]
    public void Without_radius_sam_is_its_base_optimizer_bit_for_bit()
    {
        Assert.Equal(Train(steps: 12, new SamOptions { Rho = 0 }), Train(steps: 12, sam: null));
        Assert.NotEqual(Train(steps: 12, new SamOptions { Rho = 0.05 }), Train(steps: 12, sam: null));
    }

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void A_step_with_learning_rate_zero_leaves_every_bit_of_the_weights(Precision precision)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, precision);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { WeightDecay = 5e-4 }) { LearningRate = 0 }, new SamOptions { Rho = 0.3 });
        uint[][] master = Bits(weights, segment => segment.Master), point = Bits(weights, segment => segment.Point.To(ScalarType.Float32));
        for (long step = 0; step < 3; step++) sam.Step(() => model.Loss(model.Images(step), model.Labels(step)));
        Assert.Equal(master, Bits(weights, segment => segment.Master));
        Assert.Equal(point, Bits(weights, segment => segment.Point.To(ScalarType.Float32)));
    }

    [Fact]
    public void A_loss_that_throws_in_the_second_pass_leaves_w_the_point_and_the_statistics()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.1 }, new SamOptions { Rho = 0.3 });
        uint[][] master = Bits(weights, segment => segment.Master), point = Bits(weights, segment => segment.Point);
        float[][] buffers = Buffers(model);
        int pass = 0;
        Assert.Throws<InvalidOperationException>(() => sam.Step(() => pass++ == 0 ? model.Loss(model.Images(1), model.Labels(1)) : throw new InvalidOperationException()));
        Assert.Equal(2, pass);
        Assert.Equal(master, Bits(weights, segment => segment.Master));
        Assert.Equal(point, Bits(weights, segment => segment.Point));
        Assert.Equal(buffers, Buffers(model));
    }

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(0, float.PositiveInfinity)]
    [InlineData(1, float.NaN)]
    public void A_gradient_that_is_not_finite_skips_the_step_and_changes_nothing(int badPass, float poison)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.1 }, new SamOptions { Rho = 0.3, Statistics = StatisticsPass.Both });
        Assert.False(sam.Step(() => model.Loss(model.Images(1), model.Labels(1))).Skipped);
        uint[][] master = Bits(weights, segment => segment.Master), point = Bits(weights, segment => segment.Point);
        float[][] momentum = [.. sam.BaseOptimizer.State["momentum"].Select(vector => vector.ToArray<float>())], buffers = Buffers(model);
        int pass = 0;
        StepResult result = sam.Step(() => model.Loss(pass++ == badPass ? model.Images(1) * poison : model.Images(1), model.Labels(1)));
        Assert.True(result.Skipped);
        Assert.Equal(badPass + 1, pass);
        Assert.Equal(master, Bits(weights, segment => segment.Master));
        Assert.Equal(point, Bits(weights, segment => segment.Point));
        Assert.Equal(buffers, Buffers(model));
        Assert.Equal(momentum, sam.BaseOptimizer.State["momentum"].Select(vector => vector.ToArray<float>()));
        Assert.False(sam.Step(() => model.Loss(model.Images(1), model.Labels(1))).Skipped);
    }

    [Theory]
    [InlineData(StatisticsPass.First, 1)]
    [InlineData(StatisticsPass.Second, 1)]
    [InlineData(StatisticsPass.Both, 2)]
    public void Running_statistics_move_in_the_passes_that_were_chosen(StatisticsPass chosen, int updates)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        // With learning rate 0 and a radius too small to matter, both passes see the same batch statistics m: after n updates the running
        // mean is (1 - 0.9^n) m.
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0 }, new SamOptions { Rho = 1e-9, Statistics = chosen });
        using var reference = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0 }, new SamOptions { Rho = 0 });
        reference.Step(() => model.Loss(model.Images(1), model.Labels(1)));
        float[] mean = Mean(model);
        Reset(model);
        sam.Step(() => model.Loss(model.Images(1), model.Labels(1)));
        float[] actual = Mean(model);
        for (int i = 0; i < mean.Length; i++) Assert.Equal(mean[i] / 0.1 * (1 - Math.Pow(0.9, updates)), actual[i], tolerance: 1e-6);
    }

    [Fact]
    public void A_look_moves_the_statistics_but_not_the_weights()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.1 }, new SamOptions { Rho = 0.1 });
        uint[][] master = Bits(weights, segment => segment.Master), point = Bits(weights, segment => segment.Point);
        sam.Look(() => model.Loss(model.Images(1), model.Labels(1)));
        Assert.Equal(master, Bits(weights, segment => segment.Master));
        Assert.Equal(point, Bits(weights, segment => segment.Point));
        Assert.Contains(Mean(model), value => value != 0);
    }

    [Fact]
    public void Steps_leave_the_number_of_live_tensors_and_the_memory_as_they_were()
    {
        const int Windows = 6, Steps = 300;
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.01 }, new SamOptions { Rho = 0.05 });
        Step(0);
        GC.Collect();                                // what other tests left behind would go meanwhile
        GC.WaitForPendingFinalizers();
        long tensors = Runtime.LiveTensors;
        long least = Enumerable.Range(0, Windows).Min(window =>
        {
            long before = NativeHeap.InUse;
            for (int step = 0; step < Steps; step++)
            {
                Step(step);
                Assert.Equal(tensors, Runtime.LiveTensors);
            }

            return NativeHeap.InUse - before;
        });

        // One leaked activation a step (8 x 4 x 5 x 5 floats) is 960 kB in every window. .NET takes memory from this allocator too, megabytes
        // when it compiles methods anew, but not in every window.
        Assert.InRange(least, long.MinValue, 300_000);

        void Step(int step)
        {
            using var stepScope = NewDisposeScope();
            Tensor images = model.Images(step), labels = model.Labels(step);
            sam.Step(() => model.Loss(images, labels));
        }
    }

    [Fact]
    public void Sam_takes_no_more_vectors_than_its_base_optimizer()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        var sgd = new Sgd(weights, new SgdOptions());
        long plain = Runtime.LiveTensors;
        using var sam = new Sam(model, weights, sgd, new SamOptions { Rho = 0.05 });
        // The one extra copy of the parameters is the point.
        Assert.Equal(plain, Runtime.LiveTensors);
        Assert.Single(sgd.State);
    }

    [Theory, InlineData(-0.1), InlineData(double.NaN), InlineData(double.PositiveInfinity)]
    public void A_radius_out_of_range_is_refused(double rho)
    {
        using var scope = NewDisposeScope();
        var model = new Parabola(1);
        using var weights = new WeightSpace(model, Precision.Float32);
        Assert.Throws<ArgumentException>(() => new Sam(model, weights, new Sgd(weights, new SgdOptions()), new SamOptions { Rho = rho }));
    }

    private static uint[][] Train(int steps, SamOptions? sam)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        var sgd = new Sgd(weights, new SgdOptions { WeightDecay = 5e-4 }) { LearningRate = 0.05 };
        using Optimizer optimizer = sam is null ? new PlainDescent(model, weights, sgd) : new Sam(model, weights, sgd, sam);
        for (long step = 0; step < steps; step++) optimizer.Step(() => model.Loss(model.Images(step), model.Labels(step)));
        return [.. Bits(weights, segment => segment.Master), .. Buffers(model).Select(values => Array.ConvertAll(values, BitConverter.SingleToUInt32Bits))];
    }

    private static uint[][] Bits(WeightSpace weights, Func<WeightSegment, Tensor> vector) =>
        [.. weights.Segments.Select(segment => Array.ConvertAll(vector(segment).ToArray<float>(), BitConverter.SingleToUInt32Bits))];

    private static float[][] Buffers(nn.Module model) => [.. model.Buffers().Select(item => item.Buffer.ToArray<float>())];

    private static float[] Mean(nn.Module model) => model.Buffers().Single(item => item.Name == "bn.running_mean").Buffer.ToArray<float>();

    private static void Reset(nn.Module model)
    {
        foreach ((string name, Tensor buffer) in model.Buffers()) buffer.fill_(name.EndsWith("var", StringComparison.Ordinal) ? 1 : 0);
    }
}
