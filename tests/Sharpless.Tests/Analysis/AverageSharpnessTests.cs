using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Tests.Analysis;

public class AverageSharpnessTests
{
    private static readonly double[] Curvatures = [1, 3, 0.5, 8];
    private static readonly float[] W = [2, -1, 4, 0.5f];

    [Theory, InlineData(false), InlineData(true)]
    public void On_a_quadratic_it_is_half_the_variance_times_the_trace(bool isAdaptive)
    {
        // E[L(w + σ c z)] - L(w) = σ²/2 Σ a c².
        const double Sigma = 0.3;
        using var quadratic = new QuadraticSurface(Curvatures, W);
        using var generator = Generator.Seeded(4);
        var options = new AverageSharpnessOptions { Sigma = Sigma, Draws = 4000, Neighbourhood = new Neighbourhood { IsAdaptive = isAdaptive } };
        var estimate = Estimate.Of([.. AverageSharpness.Of(quadratic.Surface, options, generator).Select(sharpness => sharpness.LossIncrease)]);
        double expected = Sigma * Sigma / 2 * Curvatures.Zip(W, (a, w) => a * (isAdaptive ? w * w : 1)).Sum();
        double error = estimate.StandardDeviation!.Value / Math.Sqrt(estimate.Samples);
        Assert.InRange(estimate.Mean, expected - (4 * error), expected + (4 * error));
        // The spread is known too: the variance of σ c a w z + σ² c² a z² / 2, summed.
        double variance = Curvatures.Zip(W, (a, w) => (A: a, W: w, C: isAdaptive ? Math.Abs(w) : 1)).Sum(item => Math.Pow(Sigma * item.C * item.A * item.W, 2) + (Math.Pow(Sigma * item.C, 4) * item.A * item.A / 2));
        Assert.Equal(Math.Sqrt(variance), estimate.StandardDeviation!.Value, 0.05 * Math.Sqrt(variance));
    }

    [Fact]
    public void Equal_seeds_give_equal_draws_and_the_weights_come_back()
    {
        using var reference = new ReferenceSurface("masked");
        uint[][] before = reference.Bits();
        IReadOnlyList<Sharpness> Draw(int seed)
        {
            using var generator = Generator.Seeded(seed);
            return AverageSharpness.Of(reference.Surface(batchSize: 5), new AverageSharpnessOptions { Sigma = 0.1, Draws = 3 }, generator);
        }

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
        Assert.Equal(before, reference.Bits());
    }

    [Fact]
    public void Only_live_and_named_weights_are_counted()
    {
        using var reference = new ReferenceSurface("masked");
        Assert.Equal(reference.Weights.LiveCount, AverageSharpness.PerturbedWeights(reference.Weights, new Neighbourhood()));
        Assert.Equal(8, AverageSharpness.PerturbedWeights(reference.Weights, new Neighbourhood { Parameters = ["bn"] }));
    }

    [Theory, InlineData(-1.0, 1), InlineData(double.NaN, 1), InlineData(0.1, 0)]
    public void Options_out_of_range_are_refused(double sigma, int draws)
    {
        using var quadratic = new QuadraticSurface(Curvatures, W);
        using var generator = Generator.Seeded(4);
        Assert.Throws<ArgumentException>(() => AverageSharpness.Of(quadratic.Surface, new AverageSharpnessOptions { Sigma = sigma, Draws = draws }, generator));
    }
}
