using Sharpless.Data;
using Sharpless.Data.Captions;

namespace Sharpless.Tests.Data.Captions;

public sealed class CaptionOrderTests
{
    private static readonly CaptionSet Set = new("train", [.. Enumerable.Range(0, 10).Select(i => new CaptionedPicture($"{i}", $"{i}.jpg", ["a", "b", "c"]))]);

    [Fact]
    public void An_epoch_shows_every_picture_at_most_once_and_the_next_one_in_another_order()
    {
        var order = new CaptionOrder(Set, 3, BatchOrder.Random, CaptionChoice.Random, seed: 1);
        Assert.Equal(3, order.BatchesPerEpoch);
        int[] first = Examples(order, 0, 3), second = Examples(order, 3, 3);
        Assert.Equal(9, first.Distinct().Count());
        Assert.Equal(9, second.Distinct().Count());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_step_is_the_same_whatever_was_read_before()
    {
        var one = new CaptionOrder(Set, 3, BatchOrder.Random, CaptionChoice.Random, seed: 1);
        var other = new CaptionOrder(Set, 3, BatchOrder.Random, CaptionChoice.Random, seed: 1);
        for (long step = 0; step < 12; step++) one.At(step);
        foreach (long step in (long[])[11, 0, 5]) Assert.Equal(one.At(step), other.At(step));
        Assert.NotEqual(one.At(0), new CaptionOrder(Set, 3, BatchOrder.Random, CaptionChoice.Random, seed: 2).At(0));
    }

    [Fact]
    public void Sequential_epochs_start_at_the_first_picture()
    {
        var order = new CaptionOrder(Set, 4, BatchOrder.Sequential, CaptionChoice.First, seed: 1);
        Assert.Equal([(0, 0), (1, 0), (2, 0), (3, 0)], order.At(0));
        Assert.Equal([4, 5, 6, 7], order.At(1).Select(pair => pair.Example));
        Assert.Equal(order.At(0), order.At(2));
    }

    [Fact]
    public void Each_caption_is_drawn_as_often_as_the_others()
    {
        var order = new CaptionOrder(Set, 10, BatchOrder.Random, CaptionChoice.Random, seed: 3);
        var drawn = new int[10, 3];
        for (long step = 0; step < 300; step++)
            foreach ((int example, int caption) in order.At(step)) drawn[example, caption]++;
        // Binomial with 300 draws of a third: mean 100, standard deviation 8.2; five of them on either side.
        foreach (int count in drawn) Assert.InRange(count, 59, 141);
    }

    [Fact]
    public void A_batch_larger_than_the_set_is_refused()
    {
        string message = Assert.Throws<UsageException>(() => new CaptionOrder(Set, 11, BatchOrder.Random, CaptionChoice.Random, 0)).Message;
        Assert.Equal("One batch takes 11 pictures, but the split train has only 10.", message);
    }

    private static int[] Examples(CaptionOrder order, long fromStep, int steps) =>
        [.. Enumerable.Range(0, steps).SelectMany(i => order.At(fromStep + i)).Select(pair => pair.Example)];
}
