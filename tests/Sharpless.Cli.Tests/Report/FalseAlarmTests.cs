using Sharpless.Cli.Report;

namespace Sharpless.Cli.Tests.Report;

/// <summary>Where nothing is there, how often do the intervals say that something is? By simulation, seeded.</summary>
public sealed class FalseAlarmTests
{
    private const int Trials = 4000;

    // Four standard errors of a share of 5 % over the trials.
    private const double Spread = 0.014;

    [Theory]
    [InlineData(2, 1), InlineData(3, 1), InlineData(5, 1), InlineData(2, 7), InlineData(3, 7), InlineData(5, 7)]
    public void Of_several_differences_looked_at_together_one_is_told_apart_by_chance_in_5_of_100_cases(int seeds, int comparisons)
    {
        double rate = Rate(seeds, comparisons, differences => differences.Any(difference => difference.Among(comparisons) is { IsAbove: true } or { IsBelow: true }));
        Assert.InRange(rate, 0.05 - Spread, 0.05 + Spread);
    }

    [Fact]
    public void Two_standard_errors_and_no_correction_would_raise_many_more()
    {
        // The simulation can tell a bad rule: two standard errors at two seeds are an interval of 70 %; seven looks at 95 % miss in 30 of 100 cases.
        Assert.InRange(Rate(2, 1, differences => Math.Abs(differences[0].Mean) > 2 * differences[0].HalfWidth!.Value / 12.706), 0.27, 0.33);
        Assert.InRange(Rate(3, 7, differences => differences.Any(difference => difference is { IsAbove: true } or { IsBelow: true })), 0.27, 0.33);
    }

    [Theory, InlineData(2, 1), InlineData(2, 3), InlineData(3, 3)]
    public void Whole_numbers_that_agree_by_rounding_are_no_proof(int seeds, int comparisons)
    {
        // Ranks of small networks: differences of -1 in both of two seeds have no spread, and are common where nothing is there.
        double rate = Rate(
            seeds, comparisons, differences => differences.Any(difference => difference.Among(comparisons) is { IsAbove: true } or { IsBelow: true }),
            unit: Unit.Count);
        Assert.InRange(rate, 0, 0.05 + Spread);
    }

    [Fact]
    public void A_difference_that_is_there_is_found()
    {
        // Three seeds, a difference of 30 times what is left of the noise after pairing, seven looks.
        Assert.InRange(Rate(3, 7, differences => differences.All(difference => difference.Among(7).IsAbove), effect: 30), 0.8, 1);
    }

    private static double Rate(int seeds, int comparisons, Func<PairedDifference[], bool> isAlarm, double effect = 0, Unit unit = Unit.Percent)
    {
        var random = new Random(20_01_690);
        int alarms = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            // What a seed does to both settings is large, and cancels.
            double[] shared = [.. Enumerable.Range(0, seeds).Select(_ => 10 * Normal())];
            alarms += isAlarm([.. Enumerable.Range(0, comparisons).Select(_ => PairedDifference.Of(Setting(shared, effect), Setting(shared, 0), unit)!)]) ? 1 : 0;
        }

        return (double)alarms / Trials;

        Dictionary<long, double> Setting(double[] shared, double mean) => Enumerable.Range(0, seeds).ToDictionary(seed => (long)seed, seed => Measured(shared[seed] + mean + (unit == Unit.Count ? 0.5 * Normal() : Normal())));

        double Measured(double value) => unit == Unit.Count ? Math.Round(value) : value;

        // Box and Muller.
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
