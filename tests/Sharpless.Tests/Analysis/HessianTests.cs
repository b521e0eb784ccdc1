using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

public class HessianTests
{
    [Theory, InlineData("whole", 12), InlineData("masked", 12), InlineData("whole", 5)]
    public void Largest_eigenvalues_are_those_of_the_exact_hessian(string network, int batchSize)
    {
        using var reference = new ReferenceSurface(network);
        using var generator = Generator.Seeded(0);
        double[] exact = reference.Expected.GetProperty("eigenvalues").Numbers();
        HessianSpectrum found = HessianEigenvalues.Of(reference.Surface(batchSize), new HessianOptions { Eigenvalues = 3, MaximumIterations = 100, Tolerance = 1e-5 }, generator);
        Assert.True(found.HasConverged);
        Assert.InRange(found.Iterations, 3, 99);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(exact[^(i + 1)], found.Largest[i].Value, 1e-4 * exact[^1]);
            Assert.InRange(found.Largest[i].Residual, 0, 1e-5 * exact[^1]);
        }

        Assert.Equal(exact[0], found.Smallest.Value, found.Smallest.Residual + 1e-4);
    }

    [Fact]
    public void Bfloat16_is_refused()
    {
        using var reference = new ReferenceSurface("whole", Precision.BFloat16);
        using var generator = Generator.Seeded(0);
        Assert.Contains("float32", Assert.Throws<ArgumentException>(() => HessianEigenvalues.Of(reference.Surface(), new HessianOptions(), generator)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => HessianTrace.Of(reference.Surface(), draws: 1, generator));
    }

    [Fact]
    public void The_block_of_some_parameters_has_eigenvalues_of_its_own()
    {
        using var reference = new ReferenceSurface("masked");
        using var generator = Generator.Seeded(0);
        double[] exact = reference.Expected.GetProperty("convolution_eigenvalues").Numbers();
        HessianSpectrum found = HessianEigenvalues.Of(reference.Surface(), new HessianOptions { Eigenvalues = 2, MaximumIterations = 60, Tolerance = 1e-5, Parameters = ["conv"] }, generator);
        Assert.Equal(exact[^1], found.Largest[0].Value, 1e-4 * exact[^1]);
        Assert.Equal(exact[^2], found.Largest[1].Value, 1e-4 * exact[^1]);
    }

    [Fact]
    public void Few_iterations_tell_how_far_they_may_be_off()
    {
        using var reference = new ReferenceSurface("whole");
        using var generator = Generator.Seeded(0);
        double[] exact = reference.Expected.GetProperty("eigenvalues").Numbers();
        HessianSpectrum found = HessianEigenvalues.Of(reference.Surface(), new HessianOptions { MaximumIterations = 4, Tolerance = 1e-9 }, generator);
        Assert.False(found.HasConverged);
        Assert.Equal(4, found.Iterations);
        HessianEigenvalue largest = Assert.Single(found.Largest);
        // Some eigenvalue lies within the residual, and a Ritz value is never beyond the largest.
        Assert.Contains(exact, value => Math.Abs(value - largest.Value) <= largest.Residual + 1e-5);
        Assert.True(largest.Value <= exact[^1] + 1e-5);
    }

    // One Lanczos step with eigenvalues a > b: θ = a c^2 + b s^2 lies |a - b| |c s| = sqrt((a - θ) (θ - b)) from being one, for any angle.
    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void The_residual_is_what_the_product_leaves_beside_the_vector(long seed)
    {
        using var quadratic = new QuadraticSurface([5, -2], [1, 1]);
        using var generator = Generator.Seeded(seed);
        HessianEigenvalue found = HessianEigenvalues.Of(quadratic.Surface, new HessianOptions { MaximumIterations = 1 }, generator).Largest[0];
        Assert.Equal(Math.Sqrt((5 - found.Value) * (found.Value + 2)), found.Residual, 1e-4);
    }

    [Fact]
    public void Repeated_and_negative_eigenvalues_are_found()
    {
        double[] curvatures = [5, 5, 5, 1, -2, 0, 0];
        using var quadratic = new QuadraticSurface(curvatures, [1, 1, 1, 1, 1, 1, 1]);
        using var generator = Generator.Seeded(0);
        HessianSpectrum found = HessianEigenvalues.Of(quadratic.Surface, new HessianOptions { Eigenvalues = 7 }, generator);
        Assert.True(found.HasConverged);
        Features.AssertClose([.. curvatures.OrderDescending()], [.. found.Largest.Select(eigenvalue => eigenvalue.Value)], 1e-4, "eigenvalues");
        Assert.Equal(-2, found.Smallest.Value, 1e-4);
    }

    [Fact]
    public void More_eigenvalues_than_there_are_give_all_of_them()
    {
        using var quadratic = new QuadraticSurface([3, 2], [1, 1]);
        using var generator = Generator.Seeded(0);
        HessianSpectrum found = HessianEigenvalues.Of(quadratic.Surface, new HessianOptions { Eigenvalues = 5 }, generator);
        Features.AssertClose([3, 2], [.. found.Largest.Select(eigenvalue => eigenvalue.Value)], 1e-5, "eigenvalues");
        Assert.True(found.HasConverged);
    }

    [Fact]
    public void A_flat_loss_has_eigenvalue_zero()
    {
        using var quadratic = new QuadraticSurface([0, 0, 0], [1, 1, 1]);
        using var generator = Generator.Seeded(0);
        Assert.Equal(0, Assert.Single(HessianEigenvalues.Of(quadratic.Surface, new HessianOptions(), generator).Largest).Value);
    }

    [Theory, InlineData("whole"), InlineData("masked")]
    public void The_trace_is_the_mean_over_random_signs(string network)
    {
        using var reference = new ReferenceSurface(network);
        using var generator = Generator.Seeded(6);
        var estimate = Estimate.Of(HessianTrace.Of(reference.Surface(), draws: 200, generator));
        double error = estimate.StandardDeviation!.Value / Math.Sqrt(200), exact = reference.Expected.GetProperty("trace").GetDouble();
        Assert.InRange(exact, estimate.Mean - (4 * error), estimate.Mean + (4 * error));
        Assert.InRange(error, 0, 0.05 * exact);
    }

    [Fact]
    public void Of_a_diagonal_hessian_every_sample_is_the_trace()
    {
        using var quadratic = new QuadraticSurface([3, 2, -1], [1, 1, 1]);
        using var generator = Generator.Seeded(6);
        Assert.All(HessianTrace.Of(quadratic.Surface, draws: 5, generator), sample => Assert.Equal(4, sample, 1e-5));
    }

    [Fact]
    public void Products_leave_the_weights_and_no_tensors()
    {
        using var reference = new ReferenceSurface("masked");
        using var generator = Generator.Seeded(0);
        uint[][] before = reference.Bits();
        long live = Runtime.LiveTensors;
        HessianEigenvalues.Of(reference.Surface(batchSize: 5), new HessianOptions { MaximumIterations = 6 }, generator);
        HessianTrace.Of(reference.Surface(batchSize: 5), draws: 2, generator);
        Assert.Equal(live, Runtime.LiveTensors);
        Assert.Equal(before, reference.Bits());
    }

    [Theory, InlineData(0, 10, 1e-3), InlineData(3, 2, 1e-3), InlineData(1, 10, 0.0), InlineData(1, 10, double.NaN)]
    public void Options_out_of_range_are_refused(int eigenvalues, int iterations, double tolerance)
    {
        using var quadratic = new QuadraticSurface([1], [1]);
        using var generator = Generator.Seeded(0);
        Assert.Throws<ArgumentException>(() => HessianEigenvalues.Of(quadratic.Surface, new HessianOptions { Eigenvalues = eigenvalues, MaximumIterations = iterations, Tolerance = tolerance }, generator));
    }
}
