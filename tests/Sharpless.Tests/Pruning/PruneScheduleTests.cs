using Sharpless.Pruning;

namespace Sharpless.Tests.Pruning;

public class PruneScheduleTests
{
    [Theory]
    [InlineData(0.875, 1, 3, 0.5)]                                                // keeps a half in each of three rounds
    [InlineData(0.875, 2, 3, 0.75)]
    [InlineData(0.99, 1, 2, 0.9)]
    [InlineData(0.5, 0, 4, 0)]
    [InlineData(1, 1, 2, 1)]
    [InlineData(0, 1, 2, 0)]
    public void Every_round_keeps_the_same_share_of_what_is_left(double amount, int round, int rounds, double expected) =>
        Assert.Equal(expected, PruneSchedule.Iterative(amount, round, rounds), tolerance: 1e-12);

    [Theory]
    [InlineData(0.8, 0, 10, 0)]
    [InlineData(0.8, 5, 10, 0.7)]                                                 // 0.8 - 0.8 / 8
    [InlineData(0.8, 9, 10, 0.7992)]                                              // 0.8 - 0.8 / 1000
    [InlineData(1, 2, 4, 0.875)]
    [InlineData(0.3, 1, 3, 0.3 * 19 / 27)]
    public void The_cubic_schedule_is_that_of_the_paper(double amount, long step, long last, double expected) =>
        Assert.Equal(expected, PruneSchedule.Cubic(amount, step, last), tolerance: 1e-12);

    [Theory, InlineData(0.1), InlineData(0.29), InlineData(0.7), InlineData(0.98), InlineData(1.0 / 3)]
    public void Both_end_at_the_amount_to_the_bit_and_never_go_back(double amount)
    {
        Assert.Equal(amount, PruneSchedule.Iterative(amount, 7, 7));
        Assert.Equal(amount, PruneSchedule.Cubic(amount, 100, 100));
        Assert.Equal(amount, PruneSchedule.Cubic(amount, 1000, 100));
        Assert.All(Enumerable.Range(1, 7), round => Assert.True(PruneSchedule.Iterative(amount, round, 7) > PruneSchedule.Iterative(amount, round - 1, 7)));
        Assert.All(Enumerable.Range(1, 100), step => Assert.True(PruneSchedule.Cubic(amount, step, 100) >= PruneSchedule.Cubic(amount, step - 1, 100)));
    }
}
