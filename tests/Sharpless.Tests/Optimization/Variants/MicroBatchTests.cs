using Sharpless.Optimization;
using Sharpless.Optimization.Variants;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization.Variants;

/// <summary>
/// Variants with a state, over steps of several parts of a batch: a part alone is taken as the paper says, from the state before the step, and the state after
/// it is the mean of what each part alone would leave. References in float64 on ½ Σ a w², one a for each part.
/// </summary>
public sealed class MicroBatchTests : IDisposable
{
    private const double Rate = 0.1, Rho = 0.5;

    private static readonly double[][] A = [[1, 3, 0.5], [2, 0.5, 1], [0.3, 1, 4]];

    private static readonly double[] Start = [2, -1, 0.5];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void F_sam_moves_its_mean_once_a_step_by_the_mean_gradient()
    {
        const double Sigma = 0.6, Lambda = 0.8;
        double[] w = Start, m = [0, 0, 0];
        AssertSteps(4, (model, weights, descent) => new FriendlySam(model, weights, descent, Rho, StatisticsPass.First, Sigma, Lambda), () =>
        {
            double[][] gradients = [.. A.Select(a => Times(a, w))];
            double[] descent = Mean(A.Zip(gradients, (a, g) =>
            {
                double[] d = Minus(g, Scaled(Plus(Scaled(m, Lambda), Scaled(g, 1 - Lambda)), Sigma));
                return Times(a, Plus(w, Scaled(d, Rho / Norm(d))));
            }));
            m = Plus(Scaled(m, Lambda), Scaled(Mean(gradients), 1 - Lambda));
            return w = Minus(w, Scaled(descent, Rate));
        });
    }

    [Fact]
    public void Looksam_counts_steps_and_keeps_the_mean_of_the_orthogonal_parts()
    {
        const double Alpha = 0.7;
        const int Period = 3;
        double[] w = Start, v = [0, 0, 0];
        int step = 0;
        AssertSteps(8, (model, weights, descent) => new LookSam(model, weights, descent, Rho, StatisticsPass.First, Period, Alpha), () =>
        {
            double[][] gradients = [.. A.Select(a => Times(a, w))], descents;
            if (step++ % Period == 0)
            {
                descents = [.. A.Zip(gradients, (a, g) => Times(a, Plus(w, Scaled(g, Rho / Norm(g)))))];
                v = Mean(descents.Zip(gradients, (h, g) => Minus(h, Scaled(g, Dot(h, g) / Dot(g, g)))));
            }
            else
            {
                descents = [.. gradients.Select(g => Plus(g, Scaled(v, Alpha * Norm(g) / Norm(v))))];
            }

            return w = Minus(w, Scaled(Mean(descents), Rate));
        });
    }

    [Fact]
    public void Looksam_over_twelve_steps_after_a_first_look_is_algorithm_1()
    {
        // arXiv:2203.02714, Algorithm 1, t = 0 ... 11, k = 5: SAM at t = 0, 5, 10. Momentum and weight decay act at w.
        const double Alpha = 0.7, Mu = 0.9, Lambda = 0.02;
        const int Period = 5;
        double[] a = A[0], w = Start, v = [], momentum = [0, 0, 0];
        var model = new Parabola([.. Start.Select(x => (float)x)]);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var look = new LookSam(model, weights, new Sgd(weights, new SgdOptions { Momentum = Mu, WeightDecay = Lambda }) { LearningRate = Rate }, Rho, StatisticsPass.Both, Period, Alpha);
        look.Look(() => model.Loss(A[1]));
        for (int t = 0; t < 12; t++)
        {
            double[] g = Times(a, w), gs;
            if (t % Period == 0)
            {
                gs = Times(a, Plus(w, Scaled(g, Rho / Norm(g))));
                double cosine = Dot(g, gs) / (Norm(g) * Norm(gs));
                v = Minus(gs, Scaled(g, Norm(gs) * cosine / Norm(g)));
            }
            else
            {
                gs = Plus(g, Scaled(v, Alpha * Norm(g) / Norm(v)));
            }

            momentum = Plus(Scaled(momentum, Mu), Plus(gs, Scaled(w, Lambda)));
            w = Minus(w, Scaled(momentum, Rate));
            look.Step(() => model.Loss(a));
            Assert.Equal(w, model.Ws, (x, y) => Math.Abs(x - y) < 1e-5);         // float32 weights of size 1, 12 steps
        }
    }

    [Fact]
    public void Looksam_counts_from_the_first_step_that_has_a_radius()
    {
        var model = new Parabola(2, -1, 0.5f);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var look = new LookSam(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.01 }, 0, StatisticsPass.First, period: 3);
        List<int> passes = [];
        for (int step = 0; step < 8; step++)
        {
            if (step == 2) look.Rho = Rho;
            passes.Add(look.GradientEvaluations);
            look.Step(() => model.Loss(A[0]));
        }

        Assert.Equal([1, 1, 2, 1, 1, 2, 1, 1], passes);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void What_is_pruned_in_the_middle_of_a_training_is_in_no_norm_of_a_state(bool looks)
    {
        var model = new Parabola(2, -1, 0.5f);
        using var weights = new WeightSpace(model, Precision.Float32);
        var descent = new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = Rate };
        using Optimizer optimizer = looks
            ? new LookSam(model, weights, descent, Rho, StatisticsPass.First, period: 2, alpha: 0.7)
            : new FriendlySam(model, weights, descent, Rho, StatisticsPass.First, sigma: 0.6, lambda: 0.8);
        optimizer.Step(() => model.Loss(A[0]));
        weights.SetMask(new Dictionary<string, Tensor> { ["w"] = Tensor.From([false, true, true]) });
        double[] before = model.Ws;
        List<double[]> points = [];
        optimizer.Step(() =>
        {
            points.Add(model.Ws);
            return model.Loss(A[0]);
        });
        if (!looks)
        {
            Assert.Equal(Rho, Norm(Minus(points[1], points[0])), tolerance: 1e-5);
            return;
        }

        double[] added = Scaled(Minus(Scaled(Minus(before, model.Ws), 1 / Rate), Times(A[0], before)), 1 / (0.7 * Norm(Times(A[0], before))));
        Assert.Equal(1, Norm(added), tolerance: 1e-4);
    }

    private static void AssertSteps(int steps, Func<Parabola, WeightSpace, BaseOptimizer, Optimizer> make, Func<double[]> next)
    {
        var model = new Parabola([.. Start.Select(x => (float)x)]);
        using var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = make(model, weights, new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = Rate });
        for (int step = 0; step < steps; step++)
        {
            optimizer.Step([.. A.Select(a => new BatchLoss(() => model.Loss(a)))]);
            Assert.Equal(next(), model.Ws, (x, y) => Math.Abs(x - y) < 5e-6);    // float32 weights of size 1
        }
    }

    private static double[] Mean(IEnumerable<double[]> vectors) => Scaled(vectors.Aggregate(Plus), 1.0 / vectors.Count());

    private static double[] Times(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a * b)];

    private static double[] Plus(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];

    private static double[] Minus(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a - b)];

    private static double[] Scaled(double[] x, double factor) => [.. x.Select(a => a * factor)];

    private static double Dot(double[] x, double[] y) => Times(x, y).Sum();

    private static double Norm(double[] x) => Math.Sqrt(Dot(x, x));
}
