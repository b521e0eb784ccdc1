using Sharpless.Analysis;

namespace Sharpless.Tests.Analysis;

public class EstimateTests
{
    // The 97.5 % column of the usual tables of Student's distribution.
    [Theory]
    [InlineData(1, 12.706), InlineData(2, 4.303), InlineData(3, 3.182), InlineData(4, 2.776), InlineData(5, 2.571), InlineData(9, 2.262), InlineData(10, 2.228), InlineData(30, 2.042), InlineData(120, 1.980), InlineData(100_000, 1.960)]
    public void Quantiles_are_those_of_the_tables(int degreesOfFreedom, double expected) => Assert.Equal(expected, Estimate.Quantile(degreesOfFreedom), 5e-4);

    [Fact]
    public void A_mean_comes_with_its_interval()
    {
        // Mean 3, deviation sqrt(2.5), t = 2.776 with four degrees of freedom: 3 ± 1.963.
        var estimate = Estimate.Of([1, 2, 3, 4, 5]);
        Assert.Equal((3, 5), (estimate.Mean, estimate.Samples));
        Assert.Equal(Math.Sqrt(2.5), estimate.StandardDeviation!.Value, 1e-12);
        Assert.Equal(3 - 1.9632, estimate.Low!.Value, 1e-4);
        Assert.Equal(3 + 1.9632, estimate.High!.Value, 1e-4);
    }

    // The 99.5 % and 99.9 % columns of the usual tables: 10 and 50 intervals together.
    [Theory, InlineData(1, 0.99, 63.657), InlineData(4, 0.99, 4.604), InlineData(2, 0.998, 22.327), InlineData(1, 0.9999, 6366.198), InlineData(19, 0.998, 3.579)]
    public void Quantiles_of_other_shares_are_those_of_the_tables(int degreesOfFreedom, double share, double expected) =>
        Assert.Equal(1, Estimate.Quantile(degreesOfFreedom, share) / expected, 2e-4);

    [Fact]
    public void Several_intervals_together_are_wider_by_bonferronis_correction()
    {
        // Five intervals: each 99 %, t(4) = 4.604 in place of 2.776.
        Estimate alone = Estimate.Of([1, 2, 3, 4, 5]), together = Estimate.Of([1, 2, 3, 4, 5], comparisons: 5);
        Assert.Equal((alone.Mean, alone.StandardDeviation), (together.Mean, together.StandardDeviation));
        Assert.Equal(4.6041 / 2.7764, (together.High!.Value - 3) / (alone.High!.Value - 3), 1e-3);
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate.Of([1, 2], comparisons: 0));
    }

    [Fact]
    public void One_sample_has_no_interval() => Assert.Equal(new Estimate(7, null, null, null, 1), Estimate.Of([7]));

    [Fact]
    public void No_sample_has_no_mean() => Assert.Throws<ArgumentException>(() => Estimate.Of([]));
}
