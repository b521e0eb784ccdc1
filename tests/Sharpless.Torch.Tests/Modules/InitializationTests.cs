using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

public class InitializationTests
{
    [Theory, InlineData(4), InlineData(100)]
    public void LeCuns_draws_have_variance_one_over_fan_in_and_end_at_two_deviations(long fanIn)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(7);
        const int Count = 200_000;
        Tensor weight = Tensor.Empty([Count]);
        Initialization.LeCunNormal(weight, fanIn, generator);
        double[] values = weight.To(ScalarType.Float64).ToArray<double>();
        double deviation = Math.Sqrt(1.0 / fanIn), bound = 2 * deviation / 0.87962566;
        Assert.All(values, value => Assert.InRange(value, -bound * 1.0001, bound * 1.0001));
        Assert.True(values.Max() > 0.99 * bound && values.Min() < -0.99 * bound, "Nothing was drawn near the ends.");
        Assert.Equal(0, values.Average() / deviation, tolerance: 5 / Math.Sqrt(Count));
        Assert.Equal(1, values.Average(value => value * value) * fanIn, tolerance: 5 * 1.5 / Math.Sqrt(Count));
        // Of the uncut normal distribution 0.6827 lie within one deviation, 0.9545 within two.
        Assert.Equal(0.6826895 / 0.9544997, values.Count(value => Math.Abs(value) < bound / 2) / (double)Count, tolerance: 5 * 0.5 / Math.Sqrt(Count));
    }
}
