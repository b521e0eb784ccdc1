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

    [Fact]
    public void One_sample_has_no_interval() => Assert.Equal(new Estimate(7, null, null, null, 1), Estimate.Of([7]));

    [Fact]
    public void No_sample_has_no_mean() => Assert.Throws<ArgumentException>(() => Estimate.Of([]));
}
