using Sharpless.Experiments.Sparse;
using Sharpless.Optimization;
using Sharpless.Optimization.Variants;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

/// <summary>Every optimizer of the library by name, for tests of what holds for all of them.</summary>
internal static class AllOptimizers
{
    private const double Rho = 0.1;

    private static readonly Dictionary<string, Maker> Makers = new()
    {
        ["plain"] = (m, w, d, noise) => new PlainDescent(m, w, d) { Noise = noise },
        ["sam"] = (m, w, d, noise) => new Sam(m, w, d, new SamOptions { Rho = Rho, Statistics = StatisticsPass.Both }) { Noise = noise },
        ["sam, three ascents"] = (m, w, d, noise) => new Sam(m, w, d, new SamOptions { Rho = Rho, Iterations = 3, StepMultiple = 0.5 }) { Noise = noise },
        ["sam, kept direction"] = (m, w, d, noise) => new Sam(m, w, d, new SamOptions { Rho = Rho, KeepsDirection = true }) { Noise = noise },
        ["asam"] = (m, w, d, noise) => new AdaptiveSam(m, w, d, Rho, StatisticsPass.Both) { Noise = noise },
        ["asam, all"] = (m, w, d, noise) => new AdaptiveSam(m, w, d, Rho, StatisticsPass.Both, adapted: AdaptedWeights.All) { Noise = noise },
        ["gsam"] = (m, w, d, noise) => new SurrogateGapSam(m, w, d, Rho, StatisticsPass.Both) { Noise = noise },
        ["looksam"] = (m, w, d, noise) => new LookSam(m, w, d, Rho, StatisticsPass.Both, period: 3) { Noise = noise },
        ["friendly"] = (m, w, d, noise) => new FriendlySam(m, w, d, Rho, StatisticsPass.Both) { Noise = noise },
        ["norm-layers"] = (m, w, d, noise) => new NormLayerSam(m, w, d, Rho, StatisticsPass.Both) { Noise = noise },
        ["gradient-norm"] = (m, w, d, noise) => new GradientNormSam(m, w, d, Rho, StatisticsPass.Both) { Noise = noise },
        ["random"] = (m, w, d, noise) => new RandomPerturbation(m, w, d, Rho) { Noise = noise },
        ["drifting restore"] = (m, w, d, noise) => new DriftingRestore(m, w, d, Rho) { Noise = noise },
    };

    internal delegate Optimizer Maker(nn.Module model, WeightSpace weights, BaseOptimizer descent, NoiseOptions noise);

    internal static IReadOnlyList<string> Names { get; } = [.. Makers.Keys];

    internal static Optimizer Create(string name, nn.Module model, WeightSpace weights, BaseOptimizer descent, NoiseOptions? noise = null) =>
        Makers[name](model, weights, descent, noise ?? new NoiseOptions());
}

public class AllOptimizersTests
{
    [Fact]
    public void Every_optimizer_of_the_library_is_among_them()
    {
        IEnumerable<Type> known = typeof(Optimizer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Optimizer)) && !type.IsAbstract);
        IEnumerable<Type> tested = AllOptimizers.Names.Select(name =>
        {
            using var scope = NewDisposeScope();
            var model = new TinyNetwork(seed: 1);
            using var weights = new WeightSpace(model, Precision.Float32);
            using Optimizer optimizer = AllOptimizers.Create(name, model, weights, new Sgd(weights, new SgdOptions()));
            return optimizer.GetType();
        });
        Assert.Empty(known.Except(tested));
    }
}
