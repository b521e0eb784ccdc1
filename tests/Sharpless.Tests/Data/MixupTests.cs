using Sharpless.Data;

namespace Sharpless.Tests.Data;

public class MixupTests
{
    [Theory, InlineData(0.05), InlineData(0.2), InlineData(1), InlineData(2.5)]
    public void Lambda_has_the_moments_of_the_beta_distribution(double alpha)
    {
        const int Draws = 20_000;
        double[] lambdas = [.. Enumerable.Range(0, Draws).Select(step => new Mixup(alpha).DrawFor(7, step, 2).Lambda)];
        Assert.All(lambdas, lambda => Assert.InRange(lambda, 0, 1));
        // Beta(a, a): mean 1/2, variance 1 / (4 (2a + 1)); fourth central moment 3 / (16 (2a + 1) (2a + 3)).
        double variance = 1 / (4 * (2 * alpha + 1)), fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
        Assert.Equal(0.5, lambdas.Average(), 4 * Math.Sqrt(variance / Draws));
        double[] squares = [.. lambdas.Select(lambda => (lambda - 0.5) * (lambda - 0.5))];
        Assert.Equal(variance, squares.Average(), 4 * Math.Sqrt((fourth - variance * variance) / Draws));
        Assert.Equal(fourth, squares.Average(square => square * square), 0.03 * fourth + 1e-4);
    }

    [Fact]
    public void Every_step_has_its_own_permutation_and_repeats_it()
    {
        (double lambda, int[] partner) = new Mixup(0.2).DrawFor(7, 3, 100);
        Assert.Equal(Enumerable.Range(0, 100), partner.Order());
        Assert.Equal(partner, new Mixup(0.2).DrawFor(7, 3, 100).Partner);
        Assert.Equal(lambda, new Mixup(0.2).DrawFor(7, 3, 100).Lambda);
        Assert.NotEqual(partner, new Mixup(0.2).DrawFor(7, 4, 100).Partner);
        Assert.NotEqual(partner, new Mixup(0.2).DrawFor(8, 3, 100).Partner);
    }
}
