using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

public class AutomaticAscentTests
{
    // Sharpness is a difference of float32 losses; along 20 steps of signs a gradient near 0 may turn either way.
    private const double Tolerance = 5e-5;

    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("sharpness", "auto_pgd.json"))).RootElement;

    [Theory, InlineData("whole"), InlineData("masked"), InlineData("tanh")]
    public void At_equal_gradients_it_is_never_below_auto_pgd_written_from_the_paper(string network)
    {
        using var reference = new ReferenceSurface(network);
        using var generator = Generator.Seeded(0);
        List<string> lower = [];
        int steps = Golden.GetProperty("steps").GetInt32(), cases = 0;
        foreach (JsonElement expected in Golden.GetProperty("cases").EnumerateArray().Where(item => item.GetProperty("network").GetString() == network))
        {
            int passes = 0;
            LossSurface surface = reference.Surface(batchSize: 24, visited: () => passes++);
            double there = expected.GetProperty("loss_increase").GetDouble();
            double here = WorstCaseSharpness.Of(surface, Options(expected) with { Steps = steps }, generator).Sharpness.LossIncrease;
            if (here < there - (Tolerance * Math.Max(1, there))) lower.Add($"{here:r}, and {expected}");
            // A gradient for each step; loss alone at w and at the last point; and the gradient norm at the worst one.
            Assert.Equal(steps + 3, passes);
            cases++;
        }

        Assert.Equal(16, cases);
        Assert.True(lower.Count == 0, string.Join('\n', lower));
    }

    [Theory]
    [InlineData(PerturbationNorm.L2, false, 1.0), InlineData(PerturbationNorm.L2, true, 2.0)]
    [InlineData(PerturbationNorm.LInfinity, false, 0.05), InlineData(PerturbationNorm.LInfinity, true, 0.3)]
    public void No_point_on_the_way_leaves_the_ball_or_moves_a_pruned_weight(PerturbationNorm norm, bool isAdaptive, double rho)
    {
        using var reference = new ReferenceSurface("masked");
        using var generator = Generator.Seeded(3);
        List<double> sizes = [];
        LossSurface surface = reference.Surface(visited: () => sizes.Add(Size(reference.Weights, norm, isAdaptive)));
        WorstPerturbation found = WorstCaseSharpness.Of(
            surface,
            new WorstCaseOptions { Rho = rho, Steps = 20, Restarts = 2, StartsAtRandom = true, Neighbourhood = new Neighbourhood { Norm = norm, IsAdaptive = isAdaptive } }, generator);
        // w + c u is rounded to float32.
        Assert.All(sizes, size => Assert.InRange(size, 0, rho * (1 + 1e-4)));
        Assert.InRange(sizes.Max(), rho * (1 - 1e-4), rho * (1 + 1e-4));
        Assert.InRange(found.Norm, 0, rho * (1 + 1e-6));
    }

    [Fact]
    public void Equal_seeds_give_equal_bits()
    {
        using var reference = new ReferenceSurface("tanh");
        LossSurface surface = reference.Surface(batchSize: 24);
        var options = new WorstCaseOptions { Rho = 0.5, Steps = 10, Restarts = 3, StartsAtRandom = true };
        WorstPerturbation[] found = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            using var generator = Generator.Seeded(7);
            return WorstCaseSharpness.Of(surface, options, generator);
        })];
        Assert.Equal(found[0], found[1]);
    }

    [Fact]
    public void An_ascent_that_runs_into_infinity_comes_back_to_its_best_point()
    {
        // Loss w for w <= 1 and not finite beyond: steps of size 2 overshoot, halved ones come near 1.
        using var bowl = new QuadraticSurface([1], [0.5f]);
        using var generator = Generator.Seeded(0);
        var cliff = new LossSurface(
            bowl.Model, bowl.Weights, [new SurfaceBatch([0], () => bowl.Model.Value.reshape(1, -1))], (logits, _) => (logits.sum() * -1 + 1).log() * -1);
        WorstPerturbation found = WorstCaseSharpness.Of(cliff, new WorstCaseOptions { Rho = 2, Steps = 12 }, generator);
        Assert.InRange(found.Norm, 0.4, 0.5);
    }

    [Theory, InlineData(20, new[] { 5, 9, 12, 14, 16, 18, 19 }), InlineData(100, new[] { 22, 41, 57, 70, 80, 87, 93, 99 }), InlineData(1, new int[0])]
    public void Progress_is_judged_at_the_shares_of_the_paper(int steps, int[] expected)
    {
        // Shares 0.22, 0.41, 0.57, 0.70, 0.80, 0.87, 0.93, 0.99 of the steps, rounded up.
        Assert.Equal(expected, AutomaticAscent.CheckpointsOf(steps).Order());
    }

    [Fact]
    public void Steps_without_a_size_of_their_own_are_refused()
    {
        Assert.Contains("NormalizesSteps", Assert.Single(new WorstCaseOptions { NormalizesSteps = false }.Problems()), StringComparison.Ordinal);
        Assert.Empty(new WorstCaseOptions { NormalizesSteps = false, Schedule = StepSchedule.Halving }.Problems());
    }

    // |c⁻¹ ⊙ (point - w)| in the norm; infinite where a weight that may not move has moved.
    private static double Size(WeightSpace weights, PerturbationNorm norm, bool isAdaptive)
    {
        double squares = 0, largest = 0;
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        foreach (WeightSlot slot in weights.Slots)
        {
            float[] w = weights.MasterOf(slot).ToArray<float>(), point = slot.View(weights.Segments[slot.Segment].Point).ToArray<float>();
            float[] live = weights.MaskOf(slot)?.To(ScalarType.Float32).ToArray<float>() ?? [.. w.Select(_ => 1f)];
            for (int i = 0; i < w.Length; i++)
            {
                double moved = (double)point[i] - w[i], c = live[i] * (isAdaptive ? Math.Abs(w[i]) : 1);
                double u = moved == 0 ? 0 : c == 0 ? double.PositiveInfinity : Math.Abs(moved) / c;
                (squares, largest) = (squares + (u * u), Math.Max(largest, u));
            }
        }

        return norm == PerturbationNorm.L2 ? Math.Sqrt(squares) : largest;
    }

    private static WorstCaseOptions Options(JsonElement expected) => new()
    {
        Rho = expected.GetProperty("rho").GetDouble(),
        Neighbourhood = new Neighbourhood
        {
            Norm = expected.GetProperty("norm").GetString() == "linf" ? PerturbationNorm.LInfinity : PerturbationNorm.L2, IsAdaptive = expected.GetProperty("adaptive").GetBoolean(),
        },
    };
}
