using Sharpless.Cli.Report;

namespace Sharpless.Cli.Tests.Report;

public sealed class PlotsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(301)]
    [InlineData(16384)]
    public void Spectra_are_thinned_to_300_points_that_keep_both_ends(int count)
    {
        IReadOnlyList<int> indices = Plots.SpectrumIndices(count);
        Assert.True(indices.Count <= 300);
        Assert.Equal(indices.Distinct().Order(), indices);
        if (count > 0) Assert.Equal((0, count - 1), (indices[0], indices[^1]));
    }
}
