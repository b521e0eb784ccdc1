using Sharpless.Cli.Report;

namespace Sharpless.Cli.Tests.Report;

public sealed class FindingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_falling_rank_is_said_with_its_numbers_and_an_equal_one_too() => Assert.Equal(
        "From ρ = 0 to ρ = 0.4 the feature rank falls at 1 of 3 taps (block2 160 → 120), stays equal at 2 of 3 taps (block1 160 → 160, block3 160 → 160).",
        Of(new SyntheticRun { Rho = 0 }, new SyntheticRun { Rho = 0.4 })[0]);

    [Fact]
    public void A_rank_that_grows_is_not_called_a_success() =>
        Assert.Contains("rises at 3 of 3 taps", Of(new SyntheticRun { Rho = 0, Seed = 1 }, new SyntheticRun { Rho = 1e-9, Seed = 9 })[0], StringComparison.Ordinal);

    [Fact]
    public void One_seed_cannot_tell_effect_from_chance() =>
        Assert.Contains(Of(new SyntheticRun { Rho = 0 }, new SyntheticRun { Rho = 0.4 }), sentence => sentence.Contains("cannot be told from chance", StringComparison.Ordinal));

    [Fact]
    public void With_seeds_differences_are_measured_against_their_standard_error()
    {
        // Only block2 changes with rho, by 40 where the standard error is about 1.
        IReadOnlyList<string> findings = Of(new SyntheticRun(), new SyntheticRun { Seed = 1 }, new SyntheticRun { Rho = 0.4 }, new SyntheticRun { Rho = 0.4, Seed = 1 });
        Assert.Equal("1 of these 7 differences exceed twice their standard error over the seeds; the others may be chance.", findings[^1]);
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
