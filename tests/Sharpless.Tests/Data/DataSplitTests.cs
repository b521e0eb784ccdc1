using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class DataSplitTests
{
    // Golden: numpy 1.24.2, numpy.random.RandomState(0).permutation(60000)[:60], the validation examples of the published code for seed 0.
    private static readonly int[] PublishedValidation =
    [
        3048, 19563, 58303, 8870, 40228, 31488, 21860, 56864, 845, 25770, 50959, 56085, 5007, 40115, 38310, 33623, 4212, 40881, 54592, 43759,
        12231, 58385, 17506, 31835, 30293, 1606, 33194, 31196, 5961, 6085, 5701, 31066, 55851, 35490, 35485, 21393, 5285, 44115, 59056, 19453,
        18952, 25736, 56222, 9876, 11251, 38298, 8839, 11534, 7949, 49034, 2233, 41172, 47500, 14674, 9738, 48282, 8391, 2753, 11919, 51759,
    ];

    [Fact]
    public void The_split_is_the_published_one()
    {
        DataSplit split = DataSplit.Create(60_000, 10_000, seed: 0, new SplitOptions());

        Assert.Equal(PublishedValidation, split.Validation.ToArray());
        Assert.Equal(Enumerable.Range(0, 60_000).Except(PublishedValidation), split.Train.ToArray());
        Assert.Equal(split.Train[..512].ToArray(), split.Fast.ToArray());
        Assert.Equal(split.Train[..10_240].ToArray(), split.Analysis.ToArray());
        Assert.Equal(Enumerable.Range(0, 10_000), split.Test.ToArray());
    }

    [Theory]
    [InlineData(50_000, 50)]        // CIFAR
    [InlineData(73_257, 73)]        // SVHN
    [InlineData(999, 0)]
    [InlineData(1000, 1)]
    public void One_in_a_thousand_is_for_validation(int count, int validation)
    {
        DataSplit split = DataSplit.Create(count, 10, seed: 1, new SplitOptions());
        Assert.Equal(validation, split.Validation.Length);
        Assert.Equal(count - validation, split.Train.Length);
    }

    [Fact]
    public void A_share_of_the_training_examples_sets_its_own_share_aside_for_validation_as_published()
    {
        // Published: n' = int(0.1 * 20000) = 2000, of the permutation of all 20,000 the first int(0.001 * n') = 2 for validation, then the first n' of the rest.
        DataSplit all = DataSplit.Create(20_000, 100, seed: 2, new SplitOptions());
        DataSplit tenth = DataSplit.Create(20_000, 100, seed: 2, new SplitOptions { TrainShare = 0.1 });

        Assert.Equal(all.Validation[..2].ToArray(), tenth.Validation.ToArray());
        int[] rest = [.. Enumerable.Range(0, 20_000).Except(tenth.Validation.ToArray())];
        Assert.Equal(rest[..2000], tenth.Train.ToArray());
        Assert.Equal(rest[..10_240], tenth.Analysis.ToArray());
        Assert.Equal(rest[..512], tenth.Fast.ToArray());
    }

    [Fact]
    public void Small_sets_give_what_they_have()
    {
        DataSplit split = DataSplit.Create(100, 30, seed: 0, new SplitOptions());
        Assert.Equal((100, 100, 100, 30, 0),
            (split.Train.Length, split.Fast.Length, split.Analysis.Length, split.Test.Length, split.Validation.Length));
    }

    [Fact]
    public void The_first_test_examples_are_used()
    {
        Assert.Equal(Enumerable.Range(0, 5), DataSplit.Create(10, 30, 0, new SplitOptions { TestCount = 5 }).Test.ToArray());
        Assert.Equal(30_000, DataSplit.Create(10, 30_000, 0, new SplitOptions { TestCount = null }).Test.Length);
    }

    [Fact]
    public void Impossible_options_are_told_all_at_once()
    {
        var options = new SplitOptions { ValidationShare = 1, TrainShare = double.NaN, TestCount = 0 };
        string message = Assert.Throws<ArgumentException>(() => DataSplit.Create(10, 10, 0, options)).Message;
        Assert.Contains("ValidationShare is 1;", message, StringComparison.Ordinal);
        Assert.Contains("TrainShare is NaN;", message, StringComparison.Ordinal);
        Assert.Contains("TestCount is 0;", message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_training_examples_at_all_is_an_error() =>
        Assert.Contains("of 10 training examples is none", Assert.Throws<ArgumentException>(
            () => DataSplit.Create(10, 10, 0, new SplitOptions { TrainShare = 0.05 })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 32)]
    public void A_seed_that_numpy_would_refuse_is_refused(long seed) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DataSplit.Create(10, 10, seed, new SplitOptions()));
}
