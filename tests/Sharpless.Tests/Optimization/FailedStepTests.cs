using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

/// <summary>A step that fails, in whatever pass of whatever optimizer, leaves everything, so that the training goes on as though it had not been asked for.</summary>
public sealed class FailedStepTests : IDisposable
{
    private static readonly NoiseOptions Noise = new() { GradientScale = 0.1, MultiplicativeScale = 0.01 };

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, bool> Optimizers
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (string name in AllOptimizers.Names)
            {
                data.Add(name, false);
                data.Add(name, true);
            }

            return data;
        }
    }

    public void Dispose() => _scope.Dispose();

    [Theory, MemberData(nameof(Optimizers))]
    public void A_pass_that_is_not_finite_or_throws_leaves_everything(string name, bool isAdam)
    {
        // In the first step, in the next (which is another kind of step in LookSAM), of a whole batch and of three parts: every pass fails once.
        foreach (int parts in new[] { 1, 3 })
        {
            for (int steps = 0; steps < 2; steps++)
            {
                foreach (bool throws in new[] { false, true })
                {
                    int passes = 1;
                    for (int bad = 0; bad < passes; bad++) passes = FailIn(name, isAdam, parts, steps, bad, throws);
                }
            }
        }
    }

    [Fact]
    public void A_descent_vector_that_is_not_finite_skips_the_step()
    {
        var model = new Parabola(2, -1);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var optimizer = new Overflowing(model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.1 });
        Assert.True(optimizer.Step(() => model.Loss(1)).Skipped);
        Assert.Equal([2, -1], model.Ws);
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void A_base_optimizer_that_throws_leaves_everything(string name, bool isAdam)
    {
        var model = new TinyNetwork(seed: 5, dropRate: 0.3);
        using var weights = new WeightSpace(model, Precision.Float32);
        BaseOptimizer inner = isAdam ? new Adam(weights, new AdamOptions()) { LearningRate = 0.01 } : new Sgd(weights, new SgdOptions()) { LearningRate = 0.05 };
        var descent = new Refusing(inner) { LearningRate = inner.LearningRate };
        using Optimizer optimizer = AllOptimizers.Create(name, model, weights, descent, Noise);
        optimizer.Step(() => model.Loss(model.Images(1), model.Labels(1)));
        descent.Refuses = true;
        var before = WholeState.Of(model, weights, optimizer);
        Assert.Throws<TimeoutException>(() => optimizer.Step(() => model.Loss(model.Images(2), model.Labels(2))));
        Assert.Empty(WholeState.Differences(before, WholeState.Of(model, weights, optimizer)));
    }

    // Returns the passes that the step has.
    private static int FailIn(string name, bool isAdam, int parts, int steps, int bad, bool throws)
    {
        string what = $"{name}, {parts} parts, after {steps} steps, pass {bad} {(throws ? "throws" : "is not finite")}";
        Runtime.Seed(7);
        var model = new TinyNetwork(seed: 5, dropRate: 0.3);
        using var weights = new WeightSpace(model, Precision.Float32);
        BaseOptimizer descent = isAdam ? new Adam(weights, new AdamOptions()) { LearningRate = 0.01 } : new Sgd(weights, new SgdOptions()) { LearningRate = 0.05 };
        using Optimizer optimizer = AllOptimizers.Create(name, model, weights, descent, Noise);
        for (int step = 0; step < steps; step++) Assert.False(optimizer.Step(Parts(step, -1)).Skipped);
        int passes = optimizer.GradientEvaluations * parts;
        var before = WholeState.Of(model, weights, optimizer);
        if (throws)
        {
            Assert.Throws<TimeoutException>(() => optimizer.Step(Parts(steps, bad)));
        }
        else
        {
            Assert.True(optimizer.Step(Parts(steps, bad)).Skipped, what);
        }

        string[] differences = WholeState.Differences(before, WholeState.Of(model, weights, optimizer));
        Assert.True(differences.Length == 0, $"{what}: changed {string.Join(", ", differences)}");
        Assert.False(optimizer.Step(Parts(steps, -1)).Skipped, what);
        return passes;

        IReadOnlyList<BatchLoss> Parts(int step, int badPass)
        {
            int pass = 0;
            return [.. Enumerable.Range(0, parts).Select(part => new BatchLoss(() =>
            {
                bool isBad = pass++ == badPass;
                Tensor loss = model.Loss(model.Images((10 * step) + part) * (isBad && !throws ? double.NaN : 1), model.Labels(part));
                return isBad && throws ? throw new TimeoutException() : loss;
            }))];
        }
    }

    private sealed class Refusing(BaseOptimizer inner) : BaseOptimizer(inner.Weights, DecayedWeights.All)
    {
        internal bool Refuses { get; set; }

        public override IReadOnlyDictionary<string, Tensor[]> State => inner.State;

        private protected override void Descend(double rate, IReadOnlyList<DescentStretch> stretches)
        {
            if (Refuses) throw new TimeoutException();
            inner.LearningRate = rate;
            inner.Descend();
        }
    }

    // A combination of two finite gradients that is not finite.
    private sealed class Overflowing(Parabola model, WeightSpace weights, BaseOptimizer descent)
        : Sharpless.Optimization.Variants.SamVariant(model, weights, descent, 0.1, StatisticsPass.First)
    {
        protected override WeightVector Descent(WeightVector g, WeightVector h) => h * double.PositiveInfinity;
    }
}
