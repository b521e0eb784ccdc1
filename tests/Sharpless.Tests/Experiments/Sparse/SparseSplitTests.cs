using Sharpless.Experiments.Sparse;

namespace Sharpless.Tests.Experiments.Sparse;

public class SparseSplitTests
{
    [Fact]
    public void A_tenth_of_mnist_is_6000_1000_and_1000_examples_drawn_apart()
    {
        var split = SparseSplit.Draw(60_000, 10_000, 0.1, seed: 3);
        Assert.Equal((6_000, 1_000, 1_000, 9_000), (split.Train.Length, split.Validation.Length, split.Test.Length, split.OtherTest.Length));
        Assert.Equal(7_000, split.Train.ToArray().Concat(split.Validation.ToArray()).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 10_000), split.Test.ToArray().Concat(split.OtherTest.ToArray()).Order());
        Assert.Equal(split.Train.ToArray(), SparseSplit.Draw(60_000, 10_000, 0.1, seed: 3).Train.ToArray());
        Assert.NotEqual(split.Train.ToArray(), SparseSplit.Draw(60_000, 10_000, 0.1, seed: 4).Train.ToArray());
        Assert.NotEqual(split.Test.ToArray(), SparseSplit.Draw(60_000, 10_000, 0.1, seed: 4).Test.ToArray());
    }

    [Fact]
    public void Shares_that_are_whole_numbers_of_examples_lose_none_to_rounding() => Assert.Equal(29, SparseSplit.Draw(100, 100, 0.29, 0).Train.Length);

    [Theory]
    [InlineData(1.0, "leaves 0 for validation where 100 are needed")]
    [InlineData(0.001, "leaves 0 and 0")]
    public void A_share_that_leaves_a_part_empty_is_refused(double fraction, string reason) =>
        Assert.Contains(reason, Assert.Throws<UsageException>(() => SparseSplit.Draw(100, 100, fraction, 0)).Message, StringComparison.Ordinal);
}
