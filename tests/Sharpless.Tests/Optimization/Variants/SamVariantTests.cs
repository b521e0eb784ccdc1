using Sharpless.Optimization;
using Sharpless.Optimization.Variants;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization.Variants;

/// <summary>SAM's relatives: each formula on a quadratic ½ Σ a w² in float64 by hand, and what each says it reduces to.</summary>
public sealed class SamVariantTests : IDisposable
{
    private const double Rate = 0.1, Rho = 0.5;

    private static readonly double[] A = [1, 3, 0.5], Start = [2, -1, 0.5];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Asam_scales_the_ball_with_the_weights()
    {
        const double Eta = 0.5;
        double[] t = [.. Start.Select(w => Math.Abs(w) + Eta)], tg = Zip(t, Gradient(Start), (x, g) => x * g);
        double[] epsilon = Zip(t, tg, (x, y) => Rho * x * y / Norm(tg));
        AssertSteps((m, w, d) => new AdaptiveSam(m, w, d, Rho, StatisticsPass.First, Eta, AdaptedWeights.All), Descended(Start, Gradient(Sum(Start, epsilon))));
    }

    [Fact]
    public void Gsam_adds_the_part_of_the_gradient_that_is_orthogonal_to_the_perturbed_one()
    {
        const double Alpha = 0.3;
        double[] g = Gradient(Start), h = Gradient(Sum(Start, Scaled(g)));
        double share = Dot(g, h) / Dot(h, h);
        double[] orthogonal = Zip(g, h, (x, y) => x - (share * y));
        Assert.Equal(0, Dot(orthogonal, h), tolerance: 1e-12);
        AssertSteps((m, w, d) => new SurrogateGapSam(m, w, d, Rho, StatisticsPass.First, Alpha), Descended(Start, Zip(h, orthogonal, (x, y) => x - (Alpha * y))));
    }

    [Fact]
    public void The_gradient_norm_penalty_mixes_both_gradients()
    {
        double[] g = Gradient(Start), h = Gradient(Sum(Start, Scaled(g)));
        AssertSteps((m, w, d) => new GradientNormSam(m, w, d, Rho, StatisticsPass.First, 0.3), Descended(Start, Zip(g, h, (x, y) => (0.7 * x) + (0.3 * y))));
    }

    [Fact]
    public void F_sam_ascends_along_what_differs_from_the_mean_gradient()
    {
        const double Sigma = 0.6, Lambda = 0.8;
        double[] w = Start, m = [0, 0, 0];
        var expected = new List<double[]>();
        for (int step = 0; step < 4; step++)
        {
            double[] g = Gradient(w);
            m = Zip(m, g, (x, y) => (Lambda * x) + ((1 - Lambda) * y));
            w = Descended(w, Gradient(Sum(w, Scaled(Zip(g, m, (x, y) => x - (Sigma * y))))));
            expected.Add(w);
        }

        AssertSteps((model, weights, descent) => new FriendlySam(model, weights, descent, Rho, StatisticsPass.First, Sigma, Lambda), [.. expected]);
    }

    [Fact]
    public void Looksam_reuses_the_orthogonal_part_between_its_looks()
    {
        const double Alpha = 0.7;
        double[] w = Start, v = [];
        var expected = new List<double[]>();
        for (int step = 0; step < 5; step++)
        {
            double[] g = Gradient(w), descent;
            if (step % 3 == 0)
            {
                double[] h = Gradient(Sum(w, Scaled(g)));
                v = Zip(h, g, (x, y) => x - (Dot(h, g) / Dot(g, g) * y));
                descent = h;
            }
            else
            {
                descent = Zip(g, v, (x, y) => x + (Alpha * Norm(g) / Norm(v) * y));
            }

            w = Descended(w, descent);
            expected.Add(w);
        }

        AssertSteps((model, weights, descent) => new LookSam(model, weights, descent, Rho, StatisticsPass.First, period: 3, Alpha), [.. expected]);
    }

    [Fact]
    public void Looksam_saves_the_passes_that_it_promises()
    {
        var model = new Parabola(2, -1, 0.5f);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var look = new LookSam(model, weights, Descent(weights), Rho, StatisticsPass.First, period: 4);
        int passes = 0, promised = 0;
        for (int step = 0; step < 8; step++)
        {
            promised += look.GradientEvaluations;
            look.Step(() =>
            {
                passes++;
                return model.Loss(A);
            });
        }

        Assert.Equal((10, 10), (passes, promised));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Normalization_alone_moves_by_rho_and_a_random_direction_moves_all_by_rho(bool normalizationOnly)
    {
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = normalizationOnly
            ? new NormLayerSam(model, weights, Descent(weights), Rho, StatisticsPass.First)
            : new RandomPerturbation(model, weights, Descent(weights), Rho);
        List<double[]> shifts = [];
        for (int step = 0; step < 2; step++)
        {
            optimizer.Step(() =>
            {
                shifts.Add([.. weights.Slots.SelectMany(slot => Shift(weights, slot, counts: !normalizationOnly || slot.Role == ParameterRole.Normalization))]);
                if (normalizationOnly) Assert.All(weights.Slots.Where(slot => slot.Role != ParameterRole.Normalization).SelectMany(slot => Shift(weights, slot, counts: true)), shift => Assert.Equal(0, shift));
                return model.Loss(model.Images(1), model.Labels(1));
            });
        }

        double[] first = shifts[normalizationOnly ? 1 : 0], second = shifts[normalizationOnly ? 3 : 1];
        Assert.Equal(Rho, Norm(first), tolerance: 1e-5);
        Assert.Equal(Rho, Norm(second), tolerance: 1e-5);
        if (!normalizationOnly) Assert.InRange(Dot(first, second) / (Rho * Rho), -0.5, 0.5);    // drawn anew
    }

    public static TheoryData<string> Reductions => ["gsam", "gradient-norm", "friendly", "looksam"];

    [Theory, MemberData(nameof(Reductions))]
    public void With_its_own_parameter_switched_off_each_is_sam(string name)
    {
        float[] Train(Func<nn.Module, WeightSpace, BaseOptimizer, Optimizer> make)
        {
            var model = new TinyNetwork(seed: 5);
            using var weights = new WeightSpace(model, Precision.Float32);
            using Optimizer optimizer = make(model, weights, Descent(weights));
            for (long step = 0; step < 5; step++) optimizer.Step(() => model.Loss(model.Images(step), model.Labels(step)));
            return weights.Segments[0].Master.ToArray<float>();
        }

        float[] expected = Train((m, w, d) => new Sam(m, w, d, new SamOptions { Rho = 0.1 }));
        float[] actual = Train((m, w, d) => name switch
        {
            "gsam" => new SurrogateGapSam(m, w, d, 0.1, StatisticsPass.First, alpha: 0),
            "gradient-norm" => new GradientNormSam(m, w, d, 0.1, StatisticsPass.First, alpha: 1),
            "friendly" => new FriendlySam(m, w, d, 0.1, StatisticsPass.First, sigma: 0),
            _ => new LookSam(m, w, d, 0.1, StatisticsPass.First, period: 1),
        });
        // ε is rounded once more than in Sam's fused ascent.
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance: 1e-5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void With_radius_0_each_is_its_base_optimizer_bit_for_bit(int variant)
    {
        uint[] Train(Func<nn.Module, WeightSpace, BaseOptimizer, Optimizer> make)
        {
            var model = new TinyNetwork(seed: 5);
            using var weights = new WeightSpace(model, Precision.Float32);
            using Optimizer optimizer = make(model, weights, Descent(weights));
            for (long step = 0; step < 4; step++) optimizer.Step(() => model.Loss(model.Images(step), model.Labels(step)));
            return Array.ConvertAll(weights.Segments[0].Master.ToArray<float>(), BitConverter.SingleToUInt32Bits);
        }

        Assert.Equal(Train((m, w, d) => new PlainDescent(m, w, d)), Train((m, w, d) => variant switch
        {
            0 => new AdaptiveSam(m, w, d, 0, StatisticsPass.First),
            1 => new SurrogateGapSam(m, w, d, 0, StatisticsPass.First),
            2 => new GradientNormSam(m, w, d, 0, StatisticsPass.First),
            3 => new FriendlySam(m, w, d, 0, StatisticsPass.First),
            4 => new LookSam(m, w, d, 0, StatisticsPass.First),
            5 => new NormLayerSam(m, w, d, 0, StatisticsPass.First),
            _ => new RandomPerturbation(m, w, d, 0),
        }));
    }

    [Fact]
    public void Pruned_weights_are_neither_perturbed_nor_moved()
    {
        var model = new Parabola(2, -1, 0.5f);
        using var weights = new WeightSpace(model, Precision.Float32);
        weights.SetMask(new Dictionary<string, Tensor> { ["w"] = Tensor.From([true, false, true]) });
        using var asam = new AdaptiveSam(model, weights, Descent(weights), Rho, StatisticsPass.First, adapted: AdaptedWeights.All);
        asam.Step(() =>
        {
            Assert.Equal(0, model.Ws[1]);
            return model.Loss(A);
        });
        Assert.Equal(0, model.Ws[1]);
        Assert.NotEqual(2, model.Ws[0]);
    }

    private static Sgd Descent(WeightSpace weights) => new(weights, new SgdOptions { Momentum = 0 }) { LearningRate = Rate };

    private static void AssertSteps(Func<nn.Module, WeightSpace, BaseOptimizer, Optimizer> make, params double[][] expected)
    {
        var model = new Parabola([.. Start.Select(w => (float)w)]);
        using var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = make(model, weights, Descent(weights));
        foreach (double[] w in expected)
        {
            optimizer.Step(() => model.Loss(A));
            Assert.Equal(w, model.Ws, (x, y) => Math.Abs(x - y) < 2e-6);
        }
    }

    private static double[] Shift(WeightSpace weights, WeightSlot slot, bool counts)
    {
        if (!counts) return [];
        Tensor point = slot.View(weights.Segments[slot.Segment].Point), master = weights.MasterOf(slot);
        return (point.detach().To(ScalarType.Float64) - master.To(ScalarType.Float64)).ToArray<double>();
    }

    private static double[] Gradient(double[] w) => Zip(A, w, (a, x) => a * x);

    private static double[] Scaled(double[] direction) => [.. direction.Select(x => Rho * x / Norm(direction))];

    private static double[] Descended(double[] w, double[] gradient) => Zip(w, gradient, (x, g) => x - (Rate * g));

    private static double[] Sum(double[] x, double[] y) => Zip(x, y, (a, b) => a + b);

    private static double Dot(double[] x, double[] y) => Zip(x, y, (a, b) => a * b).Sum();

    private static double Norm(double[] x) => Math.Sqrt(Dot(x, x));

    private static double[] Zip(double[] x, double[] y, Func<double, double, double> combine) => [.. x.Zip(y, combine)];
}
