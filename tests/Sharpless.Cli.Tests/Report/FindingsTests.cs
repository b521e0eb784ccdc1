using Sharpless.Cli.Report;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Report;

public sealed class FindingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_falling_rank_is_said_with_its_interval_and_an_equal_one_too() => Assert.Equal(
        "From ρ = 0 to ρ = 0.4 the feature rank falls at 1 of 3 taps (block2 160.5 → 120.5, −40.0 [−65.7, −14.3]), stays equal at 2 of 3 taps (block1 160.5 → 160.5; block3 160.5 → 160.5).",
        Of(new SyntheticRun(), new SyntheticRun { Seed = 1 }, new SyntheticRun { Rho = 0.4 }, new SyntheticRun { Rho = 0.4, Seed = 1 })[0]);

    [Fact]
    public void A_direction_within_the_spread_of_the_seeds_is_no_fact()
    {
        // One seed at each radius; and seeds that are not the same.
        Assert.StartsWith("From ρ = 0 to ρ = 0.4 the feature rank stays equal at 2 of 3 taps (block1 160 → 160; block3 160 → 160), is undecided at 1 of 3 taps (block2 160 → 120).",
            Of(new SyntheticRun(), new SyntheticRun { Rho = 0.4 })[0], StringComparison.Ordinal);
        Assert.Contains("is undecided at 3 of 3 taps", Of(new SyntheticRun { Seed = 1 }, new SyntheticRun { Rho = 1e-9, Seed = 9 })[0], StringComparison.Ordinal);
    }

    [Fact]
    public void One_seed_cannot_tell_effect_from_chance() =>
        Assert.Contains(Of(new SyntheticRun { Rho = 0 }, new SyntheticRun { Rho = 0.4 }), sentence => sentence.Contains("cannot be told from chance", StringComparison.Ordinal));

    [Fact]
    public void With_seeds_differences_are_counted_and_the_way_is_named() => Assert.Equal(
        "1 of these 7 differences leave 0 out; the others may be chance. In brackets: t-intervals over seeds, paired, 95 % for the 7 differences together (Bonferroni); those of errors in points of percent.",
        Of(new SyntheticRun(), new SyntheticRun { Seed = 1 }, new SyntheticRun { Rho = 0.4 }, new SyntheticRun { Rho = 0.4, Seed = 1 })[^1]);

    [Fact]
    public void The_lowest_error_between_the_ends_is_called_lower_only_where_the_intervals_say_so()
    {
        // Test errors of 10, 9 and 10 %; in the first case the middle one moves from seed to seed as much as it is lower.
        RunRecord Run(double spread, double rho, int seed) => new SyntheticRun
        {
            Rho = rho, Seed = seed, FinalTestError = (rho == 0.1 ? 0.09 + (spread * (seed - 1)) : 0.1) + (0.001 * seed),
        }.Write(_folder[$"{spread}-{rho}-{seed}"]);
        string Sentence(double spread)
        {
            IEnumerable<RunRecord> runs = new[] { 0, 0.1, 0.4 }.SelectMany(rho => Enumerable.Range(0, 3).Select(seed => Run(spread, rho, seed)));
            return Findings.Of(Assert.Single(RunGroup.Of(runs))).Single(sentence => sentence.StartsWith("The test error", StringComparison.Ordinal));
        }

        Assert.Contains("Its mean is lowest at ρ = 0.1, 9.10 ± 1.10 %: not told apart from both ends", Sentence(0.01), StringComparison.Ordinal);
        Assert.Contains("Its mean is lowest at ρ = 0.1, 9.10 ± 0.10 %: below both ends (−1.00 [−1.00, −1.00] and −1.00 [−1.00, −1.00] points)", Sentence(0), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_rho_shows_no_effect_of_rho() =>
        Assert.Contains(Of(new SyntheticRun()), sentence => sentence.Contains("nothing can be said about the effect of ρ", StringComparison.Ordinal));

    [Fact]
    public void An_unfinished_seed_is_named_and_left_out_of_the_mean()
    {
        var setting = new Setting(0, [new SyntheticRun().Write(_folder["a"]), new SyntheticRun { Seed = 1, Finished = false }.Write(_folder["b"])]);
        Assert.Equal(new Statistic(1, 160, null), setting.Latest("feature_rank.block1"));
        Assert.Contains(Of(new SyntheticRun(), new SyntheticRun { Seed = 1, Finished = false }), sentence => sentence.StartsWith("Unfinished: 1 of 2 runs.", StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Of(params SyntheticRun[] runs) =>
        Findings.Of(Assert.Single(RunGroup.Of(runs.Select((run, number) => run.Write(_folder[$"run{number}"])))));
}
