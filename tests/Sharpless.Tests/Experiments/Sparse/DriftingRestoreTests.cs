using Sharpless.Experiments.Sparse;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Experiments.Sparse;

/// <summary>The published fault does exactly what the published code does: its own perturbation is added, the next one is subtracted.</summary>
public class DriftingRestoreTests
{
    private const double Rho = 0.3, Rate = 0.1;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.9, 0.02)]
    public void Steps_on_a_bowl_match_the_closed_form(double momentum, double decay)
    {
        // f(w) = (a1 w1² + a2 w2²) / 2, so the gradient is (a1 w1, a2 w2): its direction at w and at w + eps differ.
        using var scope = NewDisposeScope();
        double[] curvature = [1, 5], w = [2, -1], velocity = [0, 0];
        var model = new Bowl(w, curvature);
        using var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = new DriftingRestore(model, weights, new Sgd(weights, new SgdOptions { Momentum = momentum, WeightDecay = decay }) { LearningRate = Rate }, Rho);
        Assert.Equal(2, optimizer.GradientEvaluations);
        for (int step = 0; step < 5; step++)
        {
            double[] perturbation = Perturbation(Gradient(w)), ascended = Sum(w, perturbation), second = Gradient(ascended), subtracted = Perturbation(second);
            double[] drifted = [.. ascended.Zip(subtracted, (x, y) => x - y)];
            if (step == 0) Assert.True(Math.Abs(drifted[0] - w[0]) > 0.01, "w would be restored here anyhow; the test could not tell");
            velocity = [.. velocity.Select((v, i) => (momentum * v) + second[i] + (decay * drifted[i]))];
            w = [.. drifted.Select((x, i) => x - (Rate * velocity[i]))];
            optimizer.Step(model.Loss);
            Assert.Equal(w[0], model.W[0], 1e-5);
            Assert.Equal(w[1], model.W[1], 1e-5);
        }

        double[] Gradient(double[] at) => [.. at.Select((x, i) => curvature[i] * x)];
        static double[] Perturbation(double[] g) => [.. g.Select(x => Rho * x / Math.Sqrt(g.Sum(y => y * y)))];
        static double[] Sum(double[] left, double[] right) => [.. left.Zip(right, (x, y) => x + y)];
    }

    [Fact]
    public void Where_both_perturbations_are_one_it_is_sam()
    {
        // Along an axis of the bowl the gradient's direction does not change.
        Assert.Equal(Run((model, weights, sgd) => new Sam(model, weights, sgd, new SamOptions { Rho = Rho })), Run((model, weights, sgd) => new DriftingRestore(model, weights, sgd, Rho)), 1e-6);

        static double Run(Func<nn.Module, WeightSpace, BaseOptimizer, Optimizer> create)
        {
            using var scope = NewDisposeScope();
            var model = new Bowl([2, 0], [1, 5]);
            using var weights = new WeightSpace(model, Precision.Float32);
            using Optimizer optimizer = create(model, weights, new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = Rate });
            for (int step = 0; step < 3; step++) optimizer.Step(model.Loss);
            return model.W[0];
        }
    }

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void Pruned_weights_stay_at_0_where_the_mask_is_kept(Precision precision)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, precision);
        weights.SetMask(new Dictionary<string, Tensor> { ["conv.weight"] = zeros([4, 2, 3, 3], ScalarType.Bool) });
        using Optimizer optimizer = new DriftingRestore(model, weights, new Sgd(weights, new SgdOptions { WeightDecay = 1e-3 }) { LearningRate = Rate }, Rho);
        for (int step = 0; step < 4; step++)
        {
            optimizer.Step(() => model.Loss(model.Images(step), model.Labels(step)));
            Assert.All(weights.MasterOf(weights.Slots[0]).ToArray<float>(), value => Assert.Equal(0f, value));
        }
    }

    [Theory, InlineData(0), InlineData(1)]
    public void A_gradient_that_is_not_finite_skips_the_step_and_leaves_w(int badPass)
    {
        using var scope = NewDisposeScope();
        var model = new Bowl([2, -1], [1, 5]);
        using var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = new DriftingRestore(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = Rate }, Rho);
        int pass = 0;
        Assert.True(optimizer.Step(() => pass++ == badPass ? model.Loss() * double.NaN : model.Loss()).Skipped);
        Assert.Equal([2f, -1f], weights.MasterOf(weights.Slots[0]).ToArray<float>());
        Assert.Equal([2.0, -1.0], model.W);
    }

    private sealed class Bowl : Block
    {
        private readonly Parameter _w;
        private readonly Tensor _curvature;

        internal Bowl(double[] w, double[] curvature)
        {
            _w = this.Register("w", Tensor.From(Array.ConvertAll(w, value => (float)value)), ParameterRole.Weight);
            _curvature = Tensor.From(Array.ConvertAll(curvature, value => (float)value));
        }

        internal double[] W => Array.ConvertAll(_w.ToArray<float>(), value => (double)value);

        internal Tensor Loss() => (_w * _w * _curvature).sum() * 0.5;
    }
}
