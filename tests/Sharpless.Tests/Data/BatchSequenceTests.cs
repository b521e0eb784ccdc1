using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class BatchSequenceTests
{
    private static readonly int[] Examples = Enumerable.Range(100, 10).ToArray();

    [Fact]
    public void Sequential_epochs_start_at_the_first_example_and_drop_the_incomplete_batch()
    {
        var batches = new BatchSequence(Examples, batchSize: 3, BatchOrder.Sequential, seed: 1);

        Assert.Equal(3, batches.BatchesPerEpoch);
        int[][] expected = [[100, 101, 102], [100, 101, 102], [103, 104, 105], [106, 107, 108], [100, 101, 102]];
        for (int step = 0; step < expected.Length; step++) Assert.Equal(expected[step], batches.At(step).ToArray());
        Assert.Equal([0, 1, 1, 1, 2, 2], Enumerable.Range(0, 6).Select(step => batches.EpochOf(step)));
    }

    [Fact]
    public void A_random_epoch_visits_no_example_twice()
    {
        var batches = new BatchSequence(Examples, batchSize: 3, BatchOrder.Random, seed: 1);
        int[] epoch = Enumerable.Range(1, 3).SelectMany(step => batches.At(step).ToArray()).ToArray();

        Assert.Equal(9, epoch.Distinct().Count());
        Assert.Subset(Examples.ToHashSet(), epoch.ToHashSet());
    }

    [Fact]
    public void Random_epochs_differ_from_each_other_and_between_seeds()
    {
        int[] numbers = Enumerable.Range(0, 1000).ToArray();
        var batches = new BatchSequence(numbers, 100, BatchOrder.Random, seed: 1);
        var others = new BatchSequence(numbers, 100, BatchOrder.Random, seed: 2);

        Assert.NotEqual(batches.At(1).ToArray(), batches.At(11).ToArray());
        Assert.NotEqual(batches.At(0).ToArray(), batches.At(1).ToArray());
        Assert.NotEqual(batches.At(1).ToArray(), others.At(1).ToArray());
    }

    [Fact]
    public void A_batch_depends_on_seed_and_step_alone()
    {
        var run = new BatchSequence(Examples, 3, BatchOrder.Random, seed: 5);
        int[][] inOrder = Enumerable.Range(0, 20).Select(step => run.At(step).ToArray()).ToArray();
        for (int step = 19; step >= 0; step--)
        {
            var resumed = new BatchSequence(Examples, 3, BatchOrder.Random, seed: 5);
            Assert.Equal(inOrder[step], resumed.At(step).ToArray());
            Assert.Equal(inOrder[step], run.At(step).ToArray());
        }
    }

    [Fact]
    public void Fewer_examples_than_one_batch_is_an_error()
    {
        string message = Assert.Throws<ArgumentException>(() => new BatchSequence(Examples, 11, BatchOrder.Random, 0)).Message;
        Assert.Contains("takes 11 examples, but there are only 10", message, StringComparison.Ordinal);
        Assert.Equal(1, new BatchSequence(Examples, 10, BatchOrder.Random, 0).BatchesPerEpoch);
    }

    [Fact]
    public void Evaluation_goes_in_order_and_keeps_the_incomplete_batch()
    {
        int[][] batches = BatchSequence.ForEvaluation(Examples, 4).Select(batch => batch.ToArray()).ToArray();
        Assert.Equal([4, 4, 2], batches.Select(batch => batch.Length));
        Assert.Equal(Examples, batches.SelectMany(batch => batch));
        Assert.Empty(BatchSequence.ForEvaluation(Array.Empty<int>(), 4));
    }
}
