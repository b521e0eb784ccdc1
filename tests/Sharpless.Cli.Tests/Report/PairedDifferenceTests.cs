using Sharpless.Cli.Report;

namespace Sharpless.Cli.Tests.Report;

public sealed class PairedDifferenceTests
{
    [Fact]
    public void Only_seeds_that_both_have_are_paired()
    {
        // Differences 0.01, 0.02, 0.03: mean 0.02, deviation 0.01, t(2) = 4.303, half width 4.303 * 0.01 / sqrt(3) = 0.02484.
        PairedDifference difference = PairedDifference.Of(Values((0, 0.51), (1, 0.62), (2, 0.73), (7, 0.1)), Values((2, 0.70), (1, 0.60), (0, 0.50), (8, 0.9)))!;
        Assert.Equal(3, difference.Count);
        Assert.Equal(0.02, difference.Mean, 1e-12);
        Assert.Equal(0.02484, difference.HalfWidth!.Value, 1e-5);
        Assert.Equal((false, false, "+2.00 [−0.48, +4.48]"), (difference.IsAbove, difference.IsBelow, difference.ToString()));
    }

    [Fact]
    public void What_seeds_do_to_both_arms_cancels()
    {
        PairedDifference difference = PairedDifference.Of(Values((0, 0.5), (1, 0.71), (2, 0.9)), Values((0, 0.51), (1, 0.72), (2, 0.912)))!;
        Assert.Equal((false, true), (difference.IsAbove, difference.IsBelow));
    }

    [Fact]
    public void One_seed_has_a_difference_but_no_interval()
    {
        PairedDifference difference = PairedDifference.Of(Values((3, 0.6)), Values((3, 0.5)))!;
        Assert.Equal((1, null, false, false, "+10.00"), (difference.Count, difference.HalfWidth, difference.IsAbove, difference.IsBelow, difference.ToString()));
    }

    [Fact]
    public void A_seed_that_diverged_is_not_left_out()
    {
        PairedDifference difference = PairedDifference.Of(Values((0, 0.6), (1, double.NaN)), Values((0, 0.5), (1, 0.5)))!;
        Assert.Equal((2, null, false, false, "not finite"), (difference.Count, difference.HalfWidth, difference.IsAbove, difference.IsBelow, difference.ToString()));
    }

    [Fact]
    public void Looked_at_with_others_its_interval_is_wider_and_says_so()
    {
        // Five together: t(2) at 99 % = 9.925 in place of 4.303.
        PairedDifference difference = PairedDifference.Of(Values((0, 0.51), (1, 0.62), (2, 0.73)), Values((2, 0.70), (1, 0.60), (0, 0.50)))!.Among(5);
        Assert.Equal(0.0573, difference.HalfWidth!.Value, 1e-4);
        Assert.Contains("95 % for the 5 differences together (Bonferroni)", PairedDifference.Method(5), StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_that_was_run_twice_counts_once() => Assert.Equal(
        new Dictionary<long, double> { [0] = 2, [4] = 5 }, PairedDifference.BySeed(new (long, double?)[] { (0, 1), (0, 3), (4, 5), (7, null) }, run => run.Item1, run => run.Item2));

    [Fact]
    public void Without_a_common_seed_there_is_no_difference() => Assert.Null(PairedDifference.Of(Values((0, 0.6)), Values((1, 0.5))));

    private static Dictionary<long, double> Values(params (long Seed, double Value)[] values) => values.ToDictionary(item => item.Seed, item => item.Value);
}
