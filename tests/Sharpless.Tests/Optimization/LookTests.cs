using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

/// <summary>Looking is not stepping: whatever the optimizer, a look moves batch-norm statistics and nothing else.</summary>
public sealed class LookTests : IDisposable
{
    private static readonly NoiseOptions Noise = new() { GradientScale = 0.1, AdditiveScale = 0.01 };

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Optimizers => [.. AllOptimizers.Names];

    public void Dispose() => _scope.Dispose();

    [Theory, MemberData(nameof(Optimizers))]
    public void A_look_leaves_all_but_the_statistics(string name)
    {
        for (int steps = 0; steps < 3; steps++)
        {
            using var training = new Training(name, Noise);
            for (int step = 0; step < steps; step++) training.Step(step);
            var before = training.State();
            training.Look(parts: 1 + (steps % 2));
            Assert.Equal(["buffer bn.running_mean", "buffer bn.running_var"], WholeState.Differences(before, training.State()));
        }
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void The_steps_after_a_look_are_those_without_it(string name)
    {
        using Training looked = new(name, Noise), plain = new(name, Noise);
        for (int step = 0; step < 7; step++)
        {
            looked.With(() =>
            {
                looked.Look(parts: 2);
                looked.Step(step);
            });
            plain.With(() => plain.Step(step));
        }

        Assert.Equal(plain.Master(), looked.Master());
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void A_look_drops_nothing_out_as_the_published_epoch_0(string name)
    {
        using Training dropping = new(name, noise: null), whole = new(name, noise: null, dropRate: 0);
        dropping.Look(parts: 1);
        whole.Look(parts: 1);
        // RandomPerturbation draws, but from the same state in both.
        Assert.Equal(whole.Statistics(), dropping.Statistics());
        Assert.All(dropping.Model.All(), module => Assert.True(module.training));
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void A_look_at_images_that_are_not_finite_leaves_the_statistics_too(string name)
    {
        using var training = new Training(name, Noise);
        var before = training.State();
        Assert.True(training.Optimizer.Look(() => training.Model.Loss(training.Model.Images(1) * double.NaN, training.Model.Labels(1))).Skipped);
        Assert.Empty(WholeState.Differences(before, training.State()));
    }

    // Two trainings in turns: each has the default generator for itself.
    private sealed class Training : IDisposable
    {
        private readonly WeightSpace _weights;
        private Tensor _generator;

        internal Training(string name, NoiseOptions? noise, double dropRate = 0.3)
        {
            Runtime.Seed(7);
            Model = new TinyNetwork(seed: 5, dropRate);
            _weights = new WeightSpace(Model, Precision.Float32);
            Optimizer = AllOptimizers.Create(name, Model, _weights, new Sgd(_weights, new SgdOptions { WeightDecay = 1e-3 }) { LearningRate = 0.05 }, noise);
            _generator = Generator.DefaultState();
        }

        internal TinyNetwork Model { get; }

        internal Optimizer Optimizer { get; }

        public void Dispose()
        {
            Optimizer.Dispose();
            _weights.Dispose();
        }

        internal void With(Action action)
        {
            Generator.SetDefaultState(_generator);
            action();
            _generator = Generator.DefaultState();
        }

        internal void Step(long step) => Optimizer.Step(() => Model.Loss(Model.Images(step), Model.Labels(step)));

        internal void Look(int parts) =>
            Optimizer.Look([.. Enumerable.Range(100, parts).Select(part => new BatchLoss(() => Model.Loss(Model.Images(part), Model.Labels(part))))]);

        internal SortedDictionary<string, string> State() => WholeState.Of(Model, _weights, Optimizer);

        internal float[] Master() => _weights.Segments[0].Master.ToArray<float>();

        internal float[][] Statistics() => [.. Model.Buffers().Select(item => item.Buffer.ToArray<float>())];
    }
}
