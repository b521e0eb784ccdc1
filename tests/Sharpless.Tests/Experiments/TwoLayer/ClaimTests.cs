using Sharpless.Analysis;
using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

public sealed class ClaimTests
{
    private const string RankFalls = "the feature rank falls with ρ, from each value to the next";

    [Fact]
    public void A_claim_holds_where_every_interval_lies_on_its_side()
    {
        // The rank falls by about 3, then by about 2; seeds differ by more than that, but alike for all values.
        Claim claim = Of((value, seed) => 15 + seed % 7 - (value == 0 ? 0 : value == 1 ? 3 : 5) + 0.1 * ((seed * 3 + (int)value) % 5));
        Assert.Equal(Verdict.Holds, claim.Verdict);
        Assert.Equal(["ρ = 1 against 0", "ρ = 2 against 1"], claim.Parts.Select(part => part.What));
        Assert.Equal(-3, claim.Parts[0].Difference.Mean, 0.2);
        Assert.True(claim.Parts[0].Difference.High < -2.5);
    }

    [Fact]
    public void A_claim_is_contradicted_where_one_value_goes_the_other_way() =>
        Assert.Equal(Verdict.Contradicted, Of((value, seed) => (value == 1 ? 20 : 10) + 0.1 * ((seed * 3 + (int)value) % 5)).Verdict);

    [Fact]
    public void A_claim_is_undecided_where_an_interval_reaches_to_both_sides()
    {
        Claim unclear = Of((value, seed) => 10 - value + (value == 2 ? 5 * (seed % 2) : 0));
        Assert.Equal(Verdict.Undecided, unclear.Verdict);
        Assert.Equal([Verdict.Holds, Verdict.Undecided], unclear.Parts.Select(part => part.Verdict));
    }

    [Fact]
    public void Intervals_of_all_claims_hold_together()
    {
        // Falls by 2 then by 1 at four seeds, with deviations of sqrt(1/3) at the second step: alone t(3) = 3.18 and [-1.92, -0.08], which leaves 0 out.
        Claim claim = Of((value, seed) => 10 - 2 * value + (value == 2 ? 1 + 0.5 * (seed % 2 == 0 ? 1 : -1) : 0), seeds: 4);
        var alone = Estimate.Of([-1.5, -0.5, -1.5, -0.5]);
        Assert.True(alone.High < 0);
        Assert.Equal(alone.Mean, claim.Parts[1].Difference.Mean, 1e-12);
        Assert.True(claim.Parts[1].Difference.High > 0);
        Assert.Equal(Verdict.Undecided, claim.Verdict);
    }

    [Fact]
    public void One_seed_decides_nothing() => Assert.Equal(Verdict.Undecided, Of((value, _) => 10 - value, seeds: 1).Verdict);

    [Fact]
    public void A_student_that_diverged_decides_nothing() => Assert.Equal(Verdict.Undecided, Of((value, seed) => seed == 3 ? double.NaN : 10 - value).Verdict);

    [Fact]
    public void Norms_are_claimed_to_grow_for_relu_and_to_shrink_for_the_others()
    {
        Assert.All(Of("relu", Metrics(10)).Where(claim => claim.Statement.Contains("norm", StringComparison.Ordinal)), claim => Assert.Contains("grows", claim.Statement, StringComparison.Ordinal));
        Assert.All(Of("tanh", Metrics(10)).Where(claim => claim.Statement.Contains("norm", StringComparison.Ordinal)), claim => Assert.Contains("shrinks", claim.Statement, StringComparison.Ordinal));
    }

    [Fact]
    public void The_best_test_loss_is_claimed_to_be_inside_and_large_values_to_hinder_the_fit()
    {
        // Test loss 1e-2, 1e-3, 1e-1; train loss before 1, in the middle 0.5, at the end 1e-4.
        IReadOnlyList<Claim> claims = Of("relu", (value, seed, iteration) => new StudentMetrics(
            iteration, iteration == 0 ? 1 : iteration == 50 ? 0.5 : 1e-4 * (1 + seed % 3), Math.Pow(10, value == 0 ? -2 : value == 1 ? -3 : -1) * (1 + seed % 2), 5, 5, 5, 5, 5));
        Assert.Equal(Verdict.Holds, claims.Single(claim => claim.Statement.StartsWith("the test loss", StringComparison.Ordinal)).Verdict);
        Assert.Equal(Verdict.Holds, claims.Single(claim => claim.Statement.StartsWith("a large", StringComparison.Ordinal)).Verdict);
        Assert.Equal(Verdict.Holds, claims.Single(claim => claim.Statement.StartsWith("at the end", StringComparison.Ordinal)).Verdict);
        Assert.Equal(Verdict.Undecided, claims.Single(claim => claim.Statement == RankFalls).Verdict);
    }

    private static Claim Of(Func<double, int, double> rank, int seeds = 20) =>
        Of("relu", (value, seed, iteration) => new StudentMetrics(iteration, 1, 1, rank(value, seed), 1, 1, 1, 1), seeds).Single(claim => claim.Statement == RankFalls);

    private static Func<double, int, int, StudentMetrics> Metrics(double rank) => (_, seed, iteration) => new StudentMetrics(iteration, 1, 1, rank, 1, 1, 1, seed);

    private static IReadOnlyList<Claim> Of(string experiment, Func<double, int, int, StudentMetrics> metrics, int seeds = 20)
    {
        double[] values = [0, 1, 2];
        var options = new TwoLayerOptions { Figures = [experiment], Rho = values, Seeds = seeds, Iterations = 100 };
        StudentRun[] students = [.. values.SelectMany(value => Enumerable.Range(0, seeds).Select(seed => new StudentRun(
            experiment, value, seed, [.. new[] { 0, 50, 100 }.Select(iteration => metrics(value, seed, iteration))], [])))];
        return Claim.Of(new TwoLayerRun(options, students, [], [], 0));
    }
}
