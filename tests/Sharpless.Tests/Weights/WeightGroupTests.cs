using Sharpless.Optimization;
using Sharpless.Tests.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Weights;

public class WeightGroupTests
{
    private static readonly float[][] Start = [[1, -2], [0.5f, 3, -1], [2]];
    private static readonly double[] Curvature = [0.5, 1.5, 0.8];

    [Fact]
    public void Steps_of_sam_with_groups_are_those_of_the_formulas()
    {
        // Loss ½ Σ a w². ε = factor ρ g / |g| with the norm over all groups; d = a (w + ε) + factor decay w; m = 0.9 m + d; w -= factor rate m.
        using var scope = NewDisposeScope();
        var model = new ThreeParts();
        using var weights = new WeightSpace(model, Precision.Float32, groups:
        [
            Group("b", rate: 10, decay: 0, rho: 0.5), Group("c", rate: 0.1, decay: 3, rho: 2),
        ]);
        using var sam = new Sam(model, weights, new Sgd(weights, new SgdOptions { WeightDecay = 0.1 }) { LearningRate = 0.02 }, new SamOptions { Rho = 0.3 });
        (double Rate, double Decay, double Rho)[] factors = [(1, 1, 1), (10, 0, 0.5), (0.1, 3, 2)];
        double[][] w = [.. Start.Select(part => Array.ConvertAll(part, x => (double)x))], m = [.. Start.Select(part => new double[part.Length])];
        for (int step = 0; step < 4; step++)
        {
            sam.Step(model.Loss);
            double norm = Math.Sqrt(w.SelectMany((part, i) => part.Select(x => Math.Pow(Curvature[i] * x, 2))).Sum());
            for (int i = 0; i < w.Length; i++)
            {
                for (int k = 0; k < w[i].Length; k++)
                {
                    double ascended = w[i][k] + (factors[i].Rho * 0.3 * Curvature[i] * w[i][k] / norm);
                    m[i][k] = (0.9 * m[i][k]) + (Curvature[i] * ascended) + (factors[i].Decay * 0.1 * w[i][k]);
                    w[i][k] -= factors[i].Rate * 0.02 * m[i][k];
                }
            }
        }

        double[][] actual = [.. weights.Slots.Select(slot => weights.MasterOf(slot).To(ScalarType.Float64).ToArray<double>())];
        for (int i = 0; i < w.Length; i++) Assert.All(w[i].Zip(actual[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void Adam_with_a_rate_for_a_group_is_adam_of_that_rate_there()
    {
        float[] Head(double rate, params WeightGroup[] groups)
        {
            using var scope = NewDisposeScope();
            var model = new ThreeParts();
            using var weights = new WeightSpace(model, Precision.Float32, groups: groups);
            using var plain = new PlainDescent(model, weights, new Adam(weights, new AdamOptions()) { LearningRate = rate });
            for (int step = 0; step < 3; step++) plain.Step(model.Loss);
            return weights.MasterOf(weights.Slots[1]).ToArray<float>();
        }

        Assert.Equal(Head(0.25), Head(0.5, Group("b", rate: 0.5, decay: 1, rho: 1)));
        Assert.NotEqual(Head(0.25), Head(0.5));
    }

    public static TheoryData<string> Optimizers => [.. AllOptimizers.Names.Where(name => name != "drifting restore")]; // a published fault, not an optimizer

    [Theory, MemberData(nameof(Optimizers))]
    public void Without_a_radius_in_its_only_group_every_optimizer_is_the_base_optimizer(string name)
    {
        float[][] Trained(string optimizer, double rho)
        {
            using var scope = NewDisposeScope();
            var model = new TinyNetwork(seed: 1);
            using var weights = new WeightSpace(model, Precision.Float32, groups: [new WeightGroup { Name = "all", Has = _ => true, RhoFactor = rho }]);
            manual_seed(1);
            using Optimizer steps = AllOptimizers.Create(optimizer, model, weights, new Sgd(weights, new SgdOptions()) { LearningRate = 0.1 });
            steps.Step(() => model.Loss(model.Images(1), model.Labels(1)));
            return [.. weights.Slots.Select(slot => weights.MasterOf(slot).ToArray<float>())];
        }

        float[][] plain = Trained("plain", 1), without = Trained(name, 0);
        for (int i = 0; i < plain.Length; i++) Assert.All(plain[i].Zip(without[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        if (name != "plain") Assert.NotEqual(plain.SelectMany(part => part), Trained(name, 1).SelectMany(part => part));
    }

    [Fact]
    public void Groups_that_are_none_are_refused()
    {
        Refused("LearningRateFactor of the group 'b' is NaN", Group("b", double.NaN, 1, 1));
        Refused("WeightDecayFactor of the group 'b' is -1", Group("b", 1, -1, 1));
        Refused("RhoFactor of the group 'b' is", Group("b", 1, 1, double.PositiveInfinity));
        Refused("The group 'd' has none of the parameters a, b, c", Group("d", 1, 1, 1));
        Refused("'b' is in the groups 'b' and 'all'", Group("b", 1, 1, 1), new WeightGroup { Name = "all", Has = _ => true });

        static void Refused(string expected, params WeightGroup[] groups)
        {
            using var scope = NewDisposeScope();
            var model = new ThreeParts();
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new WeightSpace(model, Precision.Float32, groups: groups)).Message, StringComparison.Ordinal);
            using var again = new WeightSpace(model, Precision.Float32); // nothing is left of the refused one
            Assert.Equal(Start[0], model.A.ToArray<float>());
        }
    }

    private static WeightGroup Group(string name, double rate, double decay, double rho) =>
        new() { Name = name, Has = slot => slot.Name == name, LearningRateFactor = rate, WeightDecayFactor = decay, RhoFactor = rho };

    private sealed class ThreeParts : Block
    {
        private readonly Parameter[] _parts;

        internal ThreeParts() => _parts = [.. Start.Select((values, i) => this.Register($"{"abc"[i]}", Tensor.From(values), ParameterRole.Weight))];

        internal Parameter A => _parts[0];

        internal Tensor Loss() => _parts.Select((w, i) => (w * w).sum() * (Curvature[i] / 2)).Aggregate((sum, term) => sum + term);
    }
}
