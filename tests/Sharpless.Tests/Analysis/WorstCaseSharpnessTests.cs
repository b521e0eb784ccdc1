using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

public class WorstCaseSharpnessTests
{
    // Differences of float32 losses of about 1, and up to ten steps along float32 gradients: seen up to 2e-6.
    private const double Tolerance = 1e-5;

    [Theory, InlineData("whole", 12), InlineData("masked", 12), InlineData("whole", 5), InlineData("masked", 5)]
    public void Every_kind_agrees_with_pytorch_in_float64(string network, int batchSize)
    {
        using var reference = new ReferenceSurface(network);
        using var generator = Generator.Seeded(0);
        LossSurface surface = reference.Surface(batchSize);
        foreach (JsonElement expected in reference.Expected.GetProperty("worst_case").EnumerateArray())
        {
            WorstPerturbation actual = WorstCaseSharpness.Of(surface, Options(expected), generator);
            AssertEqual(expected, actual);
        }
    }

    [Fact]
    public void Batches_of_their_own_have_perturbations_of_their_own()
    {
        using var reference = new ReferenceSurface("whole");
        using var generator = Generator.Seeded(0);
        var options = new WorstCaseOptions { Rho = 0.1, Steps = 3, Schedule = StepSchedule.Constant };
        JsonElement[] halves = [.. reference.Expected.GetProperty("halves").EnumerateArray()];
        AssertEqual(halves[0], WorstCaseSharpness.Of(reference.Surface(first: 0, end: 5), options, generator));
        AssertEqual(halves[1], WorstCaseSharpness.Of(reference.Surface(first: 5, end: 12), options, generator));
    }

    [Fact]
    public void Loss_and_error_at_the_weights_agree_with_pytorch()
    {
        using var reference = new ReferenceSurface("whole");
        SurfacePoint point = reference.Surface(batchSize: 5).Measure();
        Assert.Equal(reference.Expected.GetProperty("loss").GetDouble(), point.Loss, 1e-6);
        Assert.Equal(reference.Expected.GetProperty("error").GetDouble(), point.Error, 1e-12);
    }

    [Theory, InlineData(0.01), InlineData(0.5), InlineData(3)]
    public void On_a_bowl_the_l2_worst_case_is_known_also_beyond_radius_one(double rho)
    {
        // a/2 ((|w| + ρ)² - |w|²), reached in one step of size ρ. The published code steps by 1 and so never leaves the unit ball.
        using var bowl = new QuadraticSurface([2, 2], [3, -4]);
        using var generator = Generator.Seeded(0);
        WorstPerturbation actual = WorstCaseSharpness.Of(bowl.Surface, new WorstCaseOptions { Rho = rho }, generator);
        Assert.Equal(Math.Pow(5 + rho, 2) - 25, actual.Sharpness.LossIncrease, 1e-5);
        Assert.Equal(2 * (5 + rho), actual.GradientNorm, 1e-5);
        Assert.Equal(rho, actual.Norm, 1e-6);
    }

    [Fact]
    public void On_a_quadratic_the_linf_and_the_adaptive_worst_cases_are_known()
    {
        double[] a = [1, 3, 0.5];
        float[] w = [2, -1, 4];
        using var quadratic = new QuadraticSurface(a, w);
        using var generator = Generator.Seeded(0);
        Assert.Equal(Loss(i => w[i] + (0.1 * Math.Sign(w[i]))), Of(PerturbationNorm.LInfinity, isAdaptive: false), 1e-5);
        Assert.Equal(Loss(i => w[i] * 1.1), Of(PerturbationNorm.LInfinity, isAdaptive: true), 1e-5);

        double Loss(Func<int, double> point) => Enumerable.Range(0, 3).Sum(i => 0.5 * a[i] * ((point(i) * point(i)) - (w[i] * w[i])));
        double Of(PerturbationNorm norm, bool isAdaptive) => WorstCaseSharpness.Of(
            quadratic.Surface, new WorstCaseOptions { Rho = 0.1, Neighbourhood = new Neighbourhood { Norm = norm, IsAdaptive = isAdaptive } }, generator).Sharpness.LossIncrease;
    }

    [Fact]
    public void Adaptive_sharpness_does_not_change_when_weights_are_rescaled_against_each_other()
    {
        // L(w1, w2) = ½ (w1 w2)² is the same after w1 → 2 w1, w2 → w2 / 2; written as a quadratic in the logarithms it needs no network: here
        // scaling w_i by s and its curvature by 1/s² leaves the loss as a function of u alone.
        using var generator = Generator.Seeded(0);
        using QuadraticSurface before = new([1, 4], [3, 2]), after = new([1.0 / 16, 16], [12, 1]);
        foreach (PerturbationNorm norm in Enum.GetValues<PerturbationNorm>())
        {
            double Of(QuadraticSurface surface, bool isAdaptive) => WorstCaseSharpness.Of(
                surface.Surface, new WorstCaseOptions { Rho = 0.2, Steps = 5, Neighbourhood = new Neighbourhood { Norm = norm, IsAdaptive = isAdaptive } }, generator).Sharpness.LossIncrease;
            Assert.Equal(Of(before, true), Of(after, true), 1e-4);
            Assert.NotEqual(Of(before, false), Of(after, false), 1e-1);
        }
    }

    [Theory, InlineData(PerturbationNorm.L2), InlineData(PerturbationNorm.LInfinity)]
    public void More_steps_and_restarts_never_find_less_and_stay_within_the_radius(PerturbationNorm norm)
    {
        using var reference = new ReferenceSurface("whole");
        LossSurface surface = reference.Surface();
        double rho = norm == PerturbationNorm.L2 ? 0.5 : 0.02, before = double.NegativeInfinity;
        foreach (int restarts in new[] { 1, 2, 6 })
        {
            using var generator = Generator.Seeded(3);
            WorstPerturbation found = WorstCaseSharpness.Of(
                surface, new WorstCaseOptions { Rho = rho, Steps = 3, Restarts = restarts, StartsAtRandom = true, Neighbourhood = new Neighbourhood { Norm = norm } }, generator);
            Assert.True(found.Sharpness.LossIncrease >= before, $"{restarts} restarts found {found.Sharpness.LossIncrease}, fewer found {before}");
            Assert.InRange(found.Norm, 0, rho * (1 + 1e-6));
            before = found.Sharpness.LossIncrease;
        }
    }

    [Fact]
    public void The_restart_of_largest_loss_counts_although_no_error_is_made()
    {
        // One class only, so the error is 0 everywhere; the published code then reports minus the loss at w.
        using var bowl = new QuadraticSurface([1], [2]);
        using var generator = Generator.Seeded(0);
        WorstPerturbation found = WorstCaseSharpness.Of(bowl.Surface, new WorstCaseOptions { Rho = 0.1, Restarts = 12, StartsAtRandom = true }, generator);
        Assert.Equal(0, found.Sharpness.ErrorIncrease);
        Assert.Equal(0.5 * ((2.1 * 2.1) - 4), found.Sharpness.LossIncrease, 1e-5);
    }

    [Fact]
    public void A_random_start_is_added_once()
    {
        // A step too small to matter leaves the start: on the sphere of radius ρ, not of 2 ρ.
        using var bowl = new QuadraticSurface([2, 2, 2], [0, 0, 0]);
        using var generator = Generator.Seeded(1);
        WorstPerturbation found = WorstCaseSharpness.Of(bowl.Surface, new WorstCaseOptions { Rho = 0.3, StepSize = 1e-9, StartsAtRandom = true }, generator);
        Assert.Equal(0.3 * 0.3, found.Sharpness.LossIncrease, 1e-6);
    }

    [Theory, InlineData(PerturbationNorm.L2), InlineData(PerturbationNorm.LInfinity)]
    public void Random_starts_spread_over_the_live_weights_alone(PerturbationNorm norm)
    {
        using var reference = new ReferenceSurface("masked");
        using var generator = Generator.Seeded(1);
        using var perturbation = new PerturbationVector(reference.Weights, new Neighbourhood { Norm = norm });
        Assert.Equal(reference.Weights.LiveCount, perturbation.Count);
        perturbation.DrawFrom(0.5, generator);
        uint[][] before = reference.Bits();
        perturbation.Displace();
        double squares = 0, largest = 0;
        foreach (WeightSlot slot in reference.Weights.Slots)
        {
            WeightSegment segment = reference.Weights.Segments[slot.Segment];
            float[] moved = (slot.View(segment.Point) - slot.View(segment.Master)).ToArray<float>(), live = reference.Weights.MaskOf(slot)!.To(ScalarType.Float32).ToArray<float>();
            Assert.All(moved.Zip(live), item => Assert.True(item.Second == 1 || item.First == 0, "a pruned weight moved"));
            squares += moved.Sum(step => (double)step * step);
            largest = Math.Max(largest, moved.Max(Math.Abs));
        }

        if (norm == PerturbationNorm.L2) Assert.Equal(0.5, Math.Sqrt(squares), 1e-5);
        else Assert.InRange(largest, 0.45, 0.5);
        reference.Weights.ReturnToMaster();
        Assert.Equal(before, reference.Bits());
    }

    [Fact]
    public void A_targeted_ascent_goes_towards_wrong_labels_and_is_judged_by_the_right_ones()
    {
        using var reference = new ReferenceSurface("whole");
        using var generator = Generator.Seeded(2);
        LossSurface surface = reference.Surface(batchSize: 5);
        long[] right = [.. surface.WrongLabels(generator).SelectMany(labels => labels)];
        Assert.Equal(12, right.Length);
        double plain = WorstCaseSharpness.Of(surface, new WorstCaseOptions { Rho = 0.5, Steps = 5 }, generator).Sharpness.LossIncrease;
        double targeted = WorstCaseSharpness.Of(surface, new WorstCaseOptions { Rho = 0.5, Steps = 5, IsTargeted = true, Restarts = 4 }, generator).Sharpness.LossIncrease;
        Assert.InRange(targeted, 0.1 * plain, plain * 1.001);
    }

    [Fact]
    public void Wrong_labels_are_wrong_and_spread_over_the_other_classes()
    {
        using var scope = NewDisposeScope();
        using var bowl = new QuadraticSurface([1], [1]);
        using var generator = Generator.Seeded(2);
        long[] labels = [.. Enumerable.Range(0, 400).Select(i => i % 4L)];
        var surface = new LossSurface(new TinyNetwork(1), bowl.Weights, [new SurfaceBatch(labels, () => zeros([400, 4]))]);
        long[] wrong = Assert.Single(surface.WrongLabels(generator));
        Assert.All(wrong.Zip(labels), item => Assert.NotEqual(item.First, item.Second));
        for (long step = 1; step < 4; step++) Assert.InRange(wrong.Zip(labels).Count(item => (item.First - item.Second + 4) % 4 == step), 100, 170);
    }

    [Fact]
    public void One_step_for_several_radii_is_the_worst_case_of_the_default_options()
    {
        using var reference = new ReferenceSurface("masked");
        using var generator = Generator.Seeded(0);
        LossSurface surface = reference.Surface(batchSize: 7);
        double[] radii = [0.01, 0.1, 2];
        IReadOnlyList<Sharpness> quick = WorstCaseSharpness.OneStep(surface, radii);
        for (int i = 0; i < radii.Length; i++)
        {
            WorstPerturbation full = WorstCaseSharpness.Of(surface, new WorstCaseOptions { Rho = radii[i] }, generator);
            Assert.Equal(full.Sharpness.LossIncrease, quick[i].LossIncrease, 1e-6);
            Assert.Equal(full.Sharpness.ErrorIncrease, quick[i].ErrorIncrease, 1e-12);
        }
    }

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void Afterwards_weights_statistics_and_mode_are_as_before(Precision precision)
    {
        using var reference = new ReferenceSurface("masked", precision);
        using var generator = Generator.Seeded(0);
        uint[][] before = reference.Bits();
        float[][] buffers = [.. reference.Model.Buffers().Select(item => item.Buffer.ToArray<float>())];
        long live = Runtime.LiveTensors;
        WorstPerturbation found = WorstCaseSharpness.Of(reference.Surface(batchSize: 5), new WorstCaseOptions { Rho = 1, Steps = 3, Restarts = 2, StartsAtRandom = true }, generator);
        Assert.True(found.Sharpness.LossIncrease > 0.5);
        Assert.Equal(live, Runtime.LiveTensors);
        Assert.Equal(before, reference.Bits());
        Assert.Equal(buffers, reference.Model.Buffers().Select(item => item.Buffer.ToArray<float>()));
        Assert.True(reference.Model.training);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_no_sharpness()
    {
        using var reference = new ReferenceSurface("whole");
        using var generator = Generator.Seeded(0);
        var error = Assert.Throws<FailureException>(() => WorstCaseSharpness.Of(reference.Surface(), new WorstCaseOptions { Rho = 1e38 }, generator));
        Assert.Contains("within ρ = ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1, 1, 1), InlineData(double.NaN, 1, 1), InlineData(1e300, 1, 1), InlineData(0.1, 0, 1), InlineData(0.1, 1, 0), InlineData(0.1, 1, 2)]
    public void Options_out_of_range_are_refused(double rho, int steps, int restarts)
    {
        using var bowl = new QuadraticSurface([1], [1]);
        using var generator = Generator.Seeded(0);
        Assert.Throws<ArgumentException>(() => WorstCaseSharpness.Of(bowl.Surface, new WorstCaseOptions { Rho = rho, Steps = steps, Restarts = restarts }, generator));
    }

    [Fact]
    public void Parameters_that_do_not_exist_are_refused_with_some_that_do()
    {
        using var reference = new ReferenceSurface("whole");
        using var generator = Generator.Seeded(0);
        var error = Assert.Throws<ArgumentException>(
            () => WorstCaseSharpness.Of(reference.Surface(), new WorstCaseOptions { Neighbourhood = new Neighbourhood { Parameters = ["fc"] } }, generator));
        Assert.Contains("'fc'", error.Message, StringComparison.Ordinal);
        Assert.Contains("conv.weight", error.Message, StringComparison.Ordinal);
    }

    private static WorstCaseOptions Options(JsonElement expected)
    {
        return new WorstCaseOptions
        {
            Rho = expected.GetProperty("rho").GetDouble(),
            Steps = Optional("steps")?.GetInt32() ?? 1,
            StepSize = Optional("step_size")?.GetDouble(),
            Schedule = Optional("halving")?.GetBoolean() == true ? StepSchedule.Halving : StepSchedule.Constant,
            NormalizesSteps = Optional("normalized")?.GetBoolean() ?? true,
            Neighbourhood = new Neighbourhood
            {
                Norm = Optional("norm")?.GetString() == "linf" ? PerturbationNorm.LInfinity : PerturbationNorm.L2,
                IsAdaptive = Optional("adaptive")?.GetBoolean() ?? false,
                Parameters = Optional("only")?.GetString() is string only ? [only] : [],
            },
        };

        JsonElement? Optional(string name) => expected.TryGetProperty(name, out JsonElement value) ? value : null;
    }

    private static void AssertEqual(JsonElement expected, WorstPerturbation actual)
    {
        Close("loss_increase", actual.Sharpness.LossIncrease, Tolerance);
        Close("error_increase", actual.Sharpness.ErrorIncrease, 1e-12);
        Close("gradient_norm", actual.GradientNorm, 10 * Tolerance);
        Close("size", actual.Norm, 1e-6);

        void Close(string name, double value, double tolerance)
        {
            double there = expected.GetProperty(name).GetDouble();
            Assert.True(Math.Abs(there - value) <= tolerance * Math.Max(1, Math.Abs(there)), $"{name}: {value:r}, PyTorch has {there:r}; {expected}");
        }
    }
}
