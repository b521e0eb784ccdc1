using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Weights;

/// <summary>A pruned network stays pruned, to the weight, whatever the optimizer does.</summary>
public class MaskTests
{
    private const double Rho = 0.3;

    public static TheoryData<Precision, double, double, double> Optimizers() => new()
    {
        { Precision.Float32, 0, 0, 0 },
        { Precision.Float32, Rho, 0, 0 },
        { Precision.Float32, Rho, 0.9, 5e-3 },
        { Precision.BFloat16, 0, 0.9, 5e-3 },
        { Precision.BFloat16, Rho, 0.9, 5e-3 },
    };

    [Theory, MemberData(nameof(Optimizers))]
    public void Weights_point_perturbation_and_momentum_stay_in_the_live_part_at_every_step(Precision precision, double rho, double momentum, double decay)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, precision);
        var sgd = new Sgd(weights, new SgdOptions { Momentum = momentum, WeightDecay = decay }) { LearningRate = 0.05 };
        using Optimizer optimizer = rho == 0 ? new PlainDescent(model, weights, sgd) : new Sam(model, weights, sgd, new SamOptions { Rho = rho });
        for (int step = 0; step < 3; step++) Step();                             // momentum is there before the mask comes

        Dictionary<string, Tensor> live = Mask(weights);
        weights.SetMask(live);
        AssertPruned("after pruning");
        Assert.Equal(weights.Count - live.Values.Sum(mask => mask.NumberOfElements - (long)mask.sum().Item()), weights.LiveCount);
        bool[][] pruned = [.. weights.Mask.Select(mask => Array.ConvertAll(mask.ToArray<bool>(), value => !value))];
        for (int step = 3; step < 40; step++)
        {
            Step();
            AssertPruned($"after step {step}");
            for (int i = 0; i < pruned.Length; i++)
            {
                float[] vector = sgd.State["momentum"][i].ToArray<float>();
                Assert.All(Enumerable.Range(0, vector.Length).Where(index => pruned[i][index]), index => Assert.Equal(0f, vector[index]));
            }
        }

        void Step()
        {
            int passes = 0;
            Tensor images = model.Images(1), labels = model.Labels(1);
            optimizer.Step(() =>
            {
                if (passes++ > 0) AssertPruned("at w + perturbation");
                return model.Loss(images, labels);
            });
            Assert.Equal(rho == 0 ? 1 : 2, passes);
        }

        void AssertPruned(string when)
        {
            for (int i = 0; i < weights.Mask.Count; i++)
            {
                bool[] isLive = weights.Mask[i].ToArray<bool>();
                float[] master = weights.Segments[i].Master.ToArray<float>(), point = weights.Segments[i].Point.To(ScalarType.Float32).ToArray<float>();
                for (int index = 0; index < isLive.Length; index++)
                    Assert.True(isLive[index] || (master[index] == 0 && point[index] == 0), $"{when}: weight {index} of segment {i} is {master[index]}, at the point {point[index]}");
            }
        }
    }

    [Fact]
    public void The_norm_and_the_perturbation_are_those_of_the_live_weights_alone()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        weights.SetMask(Mask(weights));
        Tensor images = model.Images(1), labels = model.Labels(1);
        weights.ZeroGradient();
        model.Loss(images, labels).Backward();

        // The obvious version: multiply by the mask, add up the squares.
        bool[] live = weights.Mask[0].ToArray<bool>();
        float[] gradient = weights.Segments[0].Gradient.ToArray<float>(), master = weights.Segments[0].Master.ToArray<float>();
        double squares = Enumerable.Range(0, live.Length).Where(i => live[i]).Sum(i => (double)gradient[i] * gradient[i]);
        double whole = gradient.Sum(value => (double)value * value);
        Assert.True(whole > squares * 1.05, "the pruned weights have too little gradient for this test to tell");
        Assert.Equal(Math.Sqrt(squares), weights.GradientNorm(), 1e-6 * Math.Sqrt(squares));

        weights.Ascend(Rho / weights.GradientNorm());
        float[] point = weights.Segments[0].Point.ToArray<float>();
        double length = Math.Sqrt(Enumerable.Range(0, live.Length).Sum(i => Math.Pow((double)point[i] - master[i], 2)));
        Assert.Equal(Rho, length, 1e-5);                                         // float32 rounding of w + eps
    }

    [Fact]
    public void A_mask_of_ones_changes_nothing()
    {
        Assert.Equal(Train(null), Train(weights => weights.Slots.ToDictionary(slot => slot.Name, slot => full(slot.Shape, 1, ScalarType.Bool))));
    }

    [Fact]
    public void A_network_without_a_live_weight_steps_and_stays_at_0()
    {
        float[][] trained = Train(weights => weights.Slots.ToDictionary(slot => slot.Name, slot => zeros(slot.Shape, ScalarType.Bool)));
        Assert.All(trained, vector => Assert.All(vector, value => Assert.Equal(0f, value)));
    }

    [Fact]
    public void A_new_mask_replaces_the_one_before()
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new TinyNetwork(seed: 5), Precision.Float32);
        long all = weights.LiveCount;
        Assert.Equal(weights.Count, all);
        weights.SetMask(new Dictionary<string, Tensor> { ["conv.weight"] = zeros([4, 2, 3, 3], ScalarType.Bool) });
        Assert.Equal(all - 72, weights.LiveCount);
        weights.SetMask(new Dictionary<string, Tensor> { ["linear.bias"] = zeros([3], ScalarType.Bool) });
        Assert.Equal(all - 3, weights.LiveCount);
        weights.ClearMask();
        Assert.Equal(all, weights.LiveCount);
    }

    [Fact]
    public void A_mask_that_does_not_fit_is_refused_by_name()
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new TinyNetwork(seed: 5), Precision.Float32);
        Assert.Contains("'other.weight'", Refusal("other.weight", zeros([4], ScalarType.Bool)), StringComparison.Ordinal);
        Assert.Contains("expected Bool [4, 2, 3, 3]", Refusal("conv.weight", zeros([4, 2, 3], ScalarType.Bool)), StringComparison.Ordinal);
        Assert.Contains("expected Bool [4, 2, 3, 3]", Refusal("conv.weight", zeros([4, 2, 3, 3])), StringComparison.Ordinal);
        Assert.Empty(weights.Mask);

        string Refusal(string name, Tensor mask) => Assert.Throws<ArgumentException>(() => weights.SetMask(new Dictionary<string, Tensor> { [name] = mask })).Message;
    }

    private static Dictionary<string, Tensor> Mask(WeightSpace weights)
    {
        using var generator = Generator.Seeded(11);
        return weights.Slots.Where(slot => slot.Name != "bn.weight").ToDictionary(slot => slot.Name, slot =>
        {
            Tensor draw = Tensor.Empty(slot.Shape);
            draw.uniform_(-1, 1, generator);
            return draw.relu().ne(0);
        });
    }

    private static float[][] Train(Func<WeightSpace, Dictionary<string, Tensor>>? mask)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        if (mask is not null) weights.SetMask(mask(weights));
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { WeightDecay = 1e-3 }) { LearningRate = 0.05 }, new SamOptions { Rho = Rho });
        for (int step = 0; step < 5; step++) sam.Step(() => model.Loss(model.Images(step), model.Labels(step)));
        return [.. weights.Segments.Select(segment => segment.Master.ToArray<float>())];
    }
}
