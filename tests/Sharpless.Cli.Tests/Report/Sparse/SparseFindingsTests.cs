using System.Text.Json.Nodes;
using Sharpless.Cli.Report.Sparse;

namespace Sharpless.Cli.Tests.Report.Sparse;

public sealed class SparseFindingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_published_ordering_is_computed_for_each_side()
    {
        IReadOnlyList<string> findings = Exercise(new SyntheticSparseRun());
        Assert.Equal("With the published faults (stale-optimizer, drifting-restore, no-mask, prune-norms) the published ordering, pruned < SGD < SAM ≤ dense, holds: SGD − pruned +8.00 [+8.00, +8.00], SAM − SGD +2.00 [+2.00, +2.00], dense − SAM +1.00 [+1.00, +1.00] points. In the mean pruned 85.4 %, SGD 93.4 %, SAM 95.4 %, dense 96.4 %; it holds in 5 of 5 seeds taken alone.", findings[0]);
        Assert.Equal("Without the faults the published ordering, pruned < SGD < SAM ≤ dense, is contradicted: SGD − pruned +9.50 [+9.50, +9.50], SAM − SGD −0.50 [−0.50, −0.50], dense − SAM +1.00 [+1.00, +1.00] points. In the mean pruned 86.4 %, SGD 95.9 %, SAM 95.4 %, dense 96.4 %; it holds in 0 of 5 seeds taken alone.", findings[1]);
    }

    [Fact]
    public void An_ordering_whose_intervals_reach_to_both_sides_is_undecided()
    {
        // SAM leads SGD by 2 points in the mean, and jumps by ten from seed to seed.
        string ordering = Exercise(new SyntheticSparseRun { Seeds = 4, Change = cell => Is(cell, "published", "sam") ? Moved(cell, (int)cell["seed"]! % 2 == 0 ? 0.05 : -0.05) : cell })[0];
        Assert.Contains("pruned < SGD < SAM ≤ dense, is undecided: SGD − pruned +8.00", ordering, StringComparison.Ordinal);
    }

    [Fact]
    public void The_share_of_the_first_fault_is_what_the_honest_arm_gains_of_the_gap()
    {
        // Published: SAM 95, SGD 93, a gap of 2. The honest SGD arm reaches 95.5, which is 2.5 more: 125 %.
        string gap = Exercise(new SyntheticSparseRun()).Single(sentence => sentence.StartsWith("How much of the published gap", StringComparison.Ordinal));
        Assert.Contains("With the faults SAM leads SGD by +2.00 [+2.00, +2.00] points. The honest SGD arm reaches +2.50 [+2.50, +2.50] points more than the published one, so all of the gap and more (125 % of it) is due to that arm, by the means.", gap, StringComparison.Ordinal);
        Assert.Contains("not separated here", gap, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cause_is_certain_only_where_no_other_fault_acts_on_the_arm() =>
        Assert.Contains(Exercise(new SyntheticSparseRun { Faults = ["stale-optimizer", "no-mask"] }), sentence => sentence.Contains("What is wrong with it is the first fault", StringComparison.Ordinal));

    [Fact]
    public void Without_the_first_fault_nothing_is_said_of_it() =>
        Assert.DoesNotContain(Exercise(new SyntheticSparseRun { Faults = ["no-mask"] }), sentence => sentence.Contains("first fault", StringComparison.Ordinal));

    [Fact]
    public void A_gap_that_may_be_chance_is_not_explained()
    {
        // The published SAM arm jumps by 10 points from seed to seed: its mean lead is 2, the interval far wider.
        IReadOnlyList<string> findings = Exercise(new SyntheticSparseRun { Seeds = 2, Change = cell => Is(cell, "published", "sam") ? Moved(cell, (int)cell["seed"]! == 0 ? 0.05 : -0.05) : cell });
        Assert.Contains(findings, sentence => sentence.StartsWith("The published lead of SAM over SGD is not clear here", StringComparison.Ordinal));
    }

    [Fact]
    public void The_honest_comparison_says_which_is_better_only_if_the_interval_does()
    {
        Assert.Contains(Exercise(new SyntheticSparseRun { Faults = [] }), sentence => sentence == "The honest comparison: SAM − SGD is −0.50 [−0.50, −0.50] points; SAM is worse than SGD.");
        Assert.Contains(Exercise(new SyntheticSparseRun { Faults = [], Seeds = 1 }), sentence => sentence.EndsWith("one seed cannot tell an effect from chance.", StringComparison.Ordinal));
        Assert.Contains(
            Exercise(new SyntheticSparseRun { Faults = [], Change = cell => Is(cell, "honest", "sam") ? Moved(cell, 0.005 + 0.001 * ((int)cell["seed"]! - 2)) : cell }),
            sentence => sentence.EndsWith("the two cannot be told apart with 5 seeds.", StringComparison.Ordinal));
    }

    [Fact]
    public void Weights_that_grew_back_are_told_from_those_that_did_not()
    {
        IReadOnlyList<string> findings = Exercise(new SyntheticSparseRun());
        Assert.Contains("On the honest side no pruned weight grew back: the sparsity at the end is that of the pruned network (50.00 %).", findings);
        Assert.Contains("On the published side pruned weights grew back: the sparsity falls from 50.00 % to 0.10 % under SAM.", findings);
        Assert.Contains("In it, SAM took 2.0 times the gradient evaluations of SGD.", findings);
    }

    [Fact]
    public void Arms_that_are_missing_or_diverged_leave_the_ordering_open()
    {
        Assert.Contains(Exercise(new SyntheticSparseRun { Faults = [], Change = cell => Is(cell, "honest", "sam") ? null : cell }), sentence => sentence.EndsWith("cannot be judged: SAM is not measured yet.", StringComparison.Ordinal));
        Assert.Contains(Exercise(new SyntheticSparseRun { Faults = [], Change = cell => Is(cell, "honest", "sgd") ? With(cell, "NaN") : cell }), sentence => sentence.EndsWith("cannot be judged: SGD is not finite.", StringComparison.Ordinal));
    }

    [Fact]
    public void The_grid_says_where_sam_is_above_below_or_not_told_apart()
    {
        IReadOnlyList<GridPanel> panels = Panels(new SyntheticSparseRun { Seeds = 4 });
        IReadOnlyList<string> details = GridFindings.InDetail(panels), findings = GridFindings.Of(panels);
        // Differences of 1 ± 0.1 points over four seeds, eight looked at together: t(3) = 6.895, deviation 0.1155, half width 0.40.
        Assert.Contains("Dense phase with SGD, equal epochs: SAM ρ = 0.05 against SGD: above at 90 % (+1.00 [+0.60, +1.40]); below at 98 % (−1.00 [−1.40, −0.60]); not told apart at 0 %, 50 %.", details);
        Assert.Contains(details, sentence => sentence.StartsWith("Dense phase with SAM, equal compute: SAM ρ = 0.1 against SGD: above at 90 %", StringComparison.Ordinal));
        Assert.Contains(details, sentence => sentence.StartsWith("Train flat, then prune (equal epochs, fine-tuned with SGD): the dense phase with SAM against the one with SGD: not told apart at 0 %, 50 %, 90 %, 98 %", StringComparison.Ordinal));
        Assert.Equal("Dense phase with SGD, equal epochs: SAM against SGD, over all fractions and ρ: above in 2, below in 2, not told apart in 4 of 8 comparisons.", findings[0]);
        Assert.Contains("hold together with 95 % (Bonferroni)", findings[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_grid_of_one_seed_claims_nothing() =>
        Assert.Equal("With one seed no difference can be told from chance: run more --seeds.", GridFindings.Of(Panels(new SyntheticSparseRun { Seeds = 1 }))[^1]);

    private IReadOnlyList<string> Exercise(SyntheticSparseRun run) =>
        ExerciseFindings.Of(Assert.Single(Cli.Report.Sparse.Exercise.Of(RecordedSparseRun.Load(run.Write(_folder["run"])).Of("exercise"))));

    private IReadOnlyList<GridPanel> Panels(SyntheticSparseRun run) => GridPanel.Of(RecordedSparseRun.Load(run.Write(_folder["run"])).Of("grid"));

    private static bool Is(JsonObject cell, string side, string arm) => (string?)cell["kind"] == "exercise" && (string?)cell["side"] == side && (string?)cell["arm"] == arm;

    private static JsonObject Moved(JsonObject cell, double by) => With(cell, (double)cell["test_accuracy_all"]! + by);

    private static JsonObject With(JsonObject cell, JsonNode accuracy)
    {
        cell["test_accuracy_all"] = accuracy;
        return cell;
    }
}
