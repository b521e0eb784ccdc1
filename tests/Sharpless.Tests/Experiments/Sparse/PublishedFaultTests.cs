using Sharpless.Experiments.Sparse;

namespace Sharpless.Tests.Experiments.Sparse;

public class PublishedFaultTests
{
    [Fact]
    public void Every_fault_has_a_name_that_is_read_back()
    {
        Assert.Equal(["stale-optimizer", "drifting-restore", "no-mask", "prune-norms"], PublishedFaults.All.Select(fault => fault.Name()));
        Assert.Equal(PublishedFaults.All, PublishedFaults.Parse(string.Join(", ", PublishedFaults.All.Select(fault => fault.Name()))));
        Assert.Equal([PublishedFault.DriftingRestore, PublishedFault.PruneNorms], PublishedFaults.Parse("prune-norms,drifting-restore,prune-norms"));
        Assert.Empty(PublishedFaults.Parse("none"));
    }

    [Theory, InlineData("stale"), InlineData(""), InlineData("no-mask,none"), InlineData("no-mask,"), InlineData("No-Mask")]
    public void An_unknown_fault_is_refused_with_the_known_ones(string text) =>
        Assert.Contains("known: stale-optimizer, drifting-restore, no-mask, prune-norms", Assert.Throws<ArgumentException>(() => PublishedFaults.Parse(text)).Message, StringComparison.Ordinal);
}
