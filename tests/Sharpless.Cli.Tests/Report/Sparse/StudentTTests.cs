using Sharpless.Cli.Report.Sparse;

namespace Sharpless.Cli.Tests.Report.Sparse;

public sealed class StudentTTests
{
    // From the table of upper percentage points of the t-distribution in the NIST/SEMATECH e-Handbook, column 0.975.
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(2, 4.303)]
    [InlineData(3, 3.182)]
    [InlineData(4, 2.776)]
    [InlineData(5, 2.571)]
    [InlineData(9, 2.262)]
    [InlineData(10, 2.228)]
    [InlineData(29, 2.045)]
    [InlineData(99, 1.984)]
    [InlineData(100, 1.984)]
    public void Quantiles_are_those_of_the_tables(int degreesOfFreedom, double expected) => Assert.Equal(expected, StudentT.TwoSided95(degreesOfFreedom), 0.00051);
}
