using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

/// <summary>Options of SAM in closed form on a parabola, and their reductions bit for bit.</summary>
public sealed class SamOptionsTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    // f = ½ a w² with w = -2: g = a w. Where the ascent ends, w + δ, and so the step w' = w - η a (w + δ).
    [Theory]
    [InlineData(3, 0.1, 1, 1.0, true, true, -0.1)]         // SAM: δ = ρ sign(w)
    [InlineData(3, 0.1, 1, 0.25, true, true, -0.025)]      // a quarter of the radius
    [InlineData(3, 0.1, 1, 4.0, true, true, -0.1)]         // a step beyond the ball is cut
    [InlineData(3, 0.1, 3, 0.25, true, true, -0.075)]      // three quarters, along one line
    [InlineData(3, 0.1, 8, 0.25, true, true, -0.1)]        // no more than the radius
    [InlineData(3, 0.1, 1, 1.0, false, true, -0.1)]        // USAM with |g| = 6 >= 1 is SAM after its projection
    [InlineData(3, 0.1, 1, 1.0, false, false, -0.6)]       // without it δ = ρ g
    [InlineData(0.3, 0.1, 1, 1.0, false, true, -0.06)]     // |g| = 0.6 < 1: inside the ball
    [InlineData(0.3, 0.1, 2, 1.0, false, false, -0.1218)]  // ρ a w + ρ a (w + δ1)
    [InlineData(0.3, 0.1, 2, 1.0, false, true, -0.1)]
    public void The_ascent_ends_where_the_closed_form_says(double a, double rho, int iterations, double multiple, bool normalizes, bool projects, double perturbation)
    {
        var model = new Parabola(-2);
        using var weights = new WeightSpace(model, Precision.Float32);
        var options = new SamOptions { Rho = rho, Iterations = iterations, StepMultiple = multiple, NormalizesGradient = normalizes, ProjectsUnnormalized = projects };
        using var sam = new Sam(model, weights, Descent(weights), options);
        int passes = 0;
        StepResult result = sam.Step(() =>
        {
            passes++;
            return model.Loss(a);
        });
        Assert.Equal(-2 - (0.1 * a * (-2 + perturbation)), model.W, tolerance: 1e-6);
        Assert.Equal((iterations + 1, iterations + 1), (passes, sam.GradientEvaluations));
        Assert.Equal((0.5 * a * 4, 0.5 * a * Math.Pow(-2 + perturbation, 2)), (result.Loss, result.PerturbedLoss), (x, y) => Math.Abs(x.Item1 - y.Item1) + Math.Abs(x.Item2 - y.Item2) < 1e-5);
    }

    [Fact]
    public void Only_the_length_of_the_gradient_comes_from_the_perturbed_weights()
    {
        // f = ½ |w|², g = w: direction w / |w|, length |w + ρ w / |w|| = |w| + ρ.
        var model = new Parabola(3, -4);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, Descent(weights), new SamOptions { Rho = 0.5, KeepsDirection = true });
        sam.Step(() => model.Loss(1));
        Assert.Equal([3 - (0.1 * 3 * 5.5 / 5), -4 + (0.1 * 4 * 5.5 / 5)], model.Ws, (x, y) => Math.Abs(x - y) < 1e-6);
    }

    [Fact]
    public void The_ascent_may_follow_another_loss()
    {
        // It only gives the sign here: with the loss -½w² the perturbation points the other way.
        var model = new Parabola(2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, Descent(weights), new SamOptions { Rho = 0.1 });
        sam.Step([new BatchLoss(() => model.Loss(3), () => model.Loss(-1))]);
        Assert.Equal(2 - (0.1 * 3 * 1.9), model.W, tolerance: 1e-6);
    }

    [Theory, InlineData(0.0), InlineData(0.1)]
    public void Each_part_of_a_batch_has_its_own_perturbation(double rho)
    {
        // Parts with a = 3 and a = -1: gradients at w + ρ and w - ρ, and their mean. A common perturbation would give a (w + ρ) with the mean a = 1.
        var model = new Parabola(2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = new Sam(model, weights, Descent(weights), new SamOptions { Rho = rho });
        StepResult result = sam.Step([new BatchLoss(() => model.Loss(3)), new BatchLoss(() => model.Loss(-1))]);
        double gradient = ((3 * (2 + rho)) - (2 - rho)) / 2;
        Assert.Equal(2 - (0.1 * gradient), model.W, tolerance: 1e-6);
        Assert.Equal(Math.Abs(gradient), result.GradientNorm, tolerance: 1e-6);
        Assert.Equal(2, result.Loss, tolerance: 1e-6);
    }

    [Fact]
    public void Unnormalized_ascent_does_not_depend_on_the_number_of_parts()
    {
        // The published code divides the loss by the number of parts, and with it the perturbation.
        double After(int parts)
        {
            var model = new Parabola(-2);
            using var weights = new WeightSpace(model, Precision.Float32);
            using var sam = new Sam(model, weights, Descent(weights), new SamOptions { Rho = 0.1, NormalizesGradient = false });
            sam.Step([.. Enumerable.Repeat(new BatchLoss(() => model.Loss(0.3)), parts)]);
            return model.W;
        }

        Assert.Equal(After(1), After(4), tolerance: 1e-7);
    }

    [Fact]
    public void One_step_of_full_length_is_sam_bit_for_bit()
    {
        uint[] plain = Train(new SamOptions { Rho = 0.1 });
        Assert.Equal(plain, Train(new SamOptions { Rho = 0.1, Iterations = 1, StepMultiple = 2 }));
        Assert.NotEqual(plain, Train(new SamOptions { Rho = 0.1, Iterations = 2 }));
    }

    [Fact]
    public void With_radius_0_every_option_is_the_base_optimizer_bit_for_bit()
    {
        uint[] plain = Train(null);
        Assert.Equal(plain, Train(new SamOptions { Rho = 0, Iterations = 3 }));
        Assert.Equal(plain, Train(new SamOptions { Rho = 0, NormalizesGradient = false }));
        Assert.Equal(plain, Train(new SamOptions { Rho = 0, KeepsDirection = true, StepMultiple = 2 }));
    }

    [Fact]
    public void Several_ascents_stay_among_live_weights_and_are_normalized_over_them()
    {
        // Weights 3, 5, -4 with the middle one pruned: δ = ρ (3, 0, -4) / 5 after any number of steps along the one line.
        var model = new Parabola(3, 5, -4);
        using var weights = new WeightSpace(model, Precision.Float32);
        weights.SetMask(new Dictionary<string, Tensor> { ["w"] = Tensor.From([true, false, true]) });
        using var sam = new Sam(model, weights, Descent(weights), new SamOptions { Rho = 0.5, Iterations = 2, StepMultiple = 0.5 });
        sam.Step(() => model.Loss(1));
        Assert.Equal([3 - (0.1 * 3.3), 0, -4 + (0.1 * 4.4)], model.Ws, (x, y) => Math.Abs(x - y) < 1e-6);
    }

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(1, 0.0)]
    [InlineData(1, double.NaN)]
    public void Options_out_of_range_are_refused(int iterations, double multiple)
    {
        var model = new Parabola(1);
        using var weights = new WeightSpace(model, Precision.Float32);
        Assert.Throws<ArgumentException>(() => new Sam(model, weights, Descent(weights), new SamOptions { Iterations = iterations, StepMultiple = multiple }));
    }

    internal static uint[] Train(SamOptions? options)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 5);
        using var weights = new WeightSpace(model, Precision.Float32);
        var sgd = new Sgd(weights, new SgdOptions { WeightDecay = 5e-4 }) { LearningRate = 0.05 };
        using Optimizer optimizer = options is null ? new PlainDescent(model, weights, sgd) : new Sam(model, weights, sgd, options);
        for (long step = 0; step < 6; step++) optimizer.Step(() => model.Loss(model.Images(step), model.Labels(step)));
        return [.. weights.Segments.SelectMany(segment => segment.Master.ToArray<float>()).Select(BitConverter.SingleToUInt32Bits)];
    }

    private static Sgd Descent(WeightSpace weights) => new(weights, new SgdOptions { Momentum = 0 }) { LearningRate = 0.1 };
}
