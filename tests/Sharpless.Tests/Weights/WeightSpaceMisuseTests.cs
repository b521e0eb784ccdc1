using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Weights;

/// <summary>What one could do wrong with a weight space works as meant, or is refused by name.</summary>
public class WeightSpaceMisuseTests
{
    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void Values_put_into_the_model_afterwards_reach_the_master_weights(Precision precision)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using var weights = new WeightSpace(model, precision);
        using var sam = Sam(model, weights, rate: 0);
        foreach ((_, Parameter parameter) in model.Parameters())
        {
            using IDisposable off = no_grad();
            parameter.fill_(0.5); // exact in bfloat16
        }

        sam.Step(() => model.Loss(model.Images(0), model.Labels(0)));
        foreach (WeightSlot slot in weights.Slots) Assert.All(weights.MasterOf(slot).ToArray<float>(), value => Assert.Equal(0.5f, value));
        Assert.All(model.Parameters(), item => Assert.All(item.Parameter.To(ScalarType.Float32).ToArray<float>(), value => Assert.Equal(0.5f, value)));
    }

    [Fact]
    public void Pruned_weights_stay_pruned_when_values_are_put_in()
    {
        using var scope = NewDisposeScope();
        var model = new Linear(2, 1, bias: false);
        using var weights = new WeightSpace(model, Precision.Float32);
        weights.SetMask(new Dictionary<string, Tensor> { ["weight"] = Tensor.From([true, false], 1, 2) });
        using (no_grad()) model.Weight.fill_(3);
        weights.TakeInChanges();
        Assert.Equal([3f, 0f], weights.MasterOf(weights.Slots[0]).ToArray<float>());
        Assert.Equal([3f, 0f], model.Weight.ToArray<float>());
    }

    [Fact]
    public void A_parameter_under_two_names_has_one_place_and_both_gradients()
    {
        using var scope = NewDisposeScope();
        var model = new Tied();
        using var weights = new WeightSpace(model, Precision.Float32);
        Assert.Equal(["first.weight"], weights.Slots.Select(slot => slot.Name));
        using var sam = new PlainDescent(model, weights, new Sgd(weights, new SgdOptions { Momentum = 0 }) { LearningRate = 0.5 });
        sam.Step(() => model.forward(ones(1, 1)).sum()); // w², whose gradient is 2 w = 6
        Assert.Equal(0f, model.First.Weight.ToArray<float>()[0]);
    }

    [Fact]
    public void Two_parameters_that_share_memory_are_refused()
    {
        using var scope = NewDisposeScope();
        var model = new Linear(2, 2, bias: false);
        var group = new PartsOf(("a", model), ("b", new Linear(2, 2, bias: false)));
        Kernels.Dispatcher.SetData(((Linear)group.Part("b")).Weight, model.Weight.detach());
        string message = Assert.Throws<InvalidOperationException>(() => new WeightSpace(group, Precision.Float32)).Message;
        Assert.Contains("'a.weight' and 'b.weight' share memory", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_space_over_a_model_is_refused_until_the_first_is_disposed()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using (new WeightSpace(model, Precision.BFloat16))
        {
            Assert.Contains("lies in another weight space", Assert.Throws<InvalidOperationException>(() => new WeightSpace(model, Precision.Float32)).Message, StringComparison.Ordinal);
        }

        using var second = new WeightSpace(model, Precision.Float32);
        Assert.True(double.IsFinite(model.Loss(model.Images(0), model.Labels(0)).Item()));
    }

    [Fact]
    public void Optimizers_and_models_of_another_space_are_refused()
    {
        using var scope = NewDisposeScope();
        TinyNetwork one = new(seed: 1), two = new(seed: 2);
        using WeightSpace first = new(one, Precision.Float32), second = new(two, Precision.Float32);
        Assert.Contains("of another space", Assert.Throws<ArgumentException>(() => Sam(one, first, 0.1, second)).Message, StringComparison.Ordinal);
        Assert.Contains("of another model", Assert.Throws<ArgumentException>(() => Sam(two, first, 0.1)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(Precision.Float32), InlineData(Precision.BFloat16)]
    public void Frozen_parameters_keep_their_bits_under_weight_decay_and_what_is_thawed_moves(Precision precision)
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using var weights = new WeightSpace(model, precision);
        using var sam = Sam(model, weights, rate: 0.1, decay: 0.1);
        Parameter frozen = model.Parameters().First(item => item.Name == "conv.weight").Parameter, free = model.Parameters().First(item => item.Name == "linear.weight").Parameter;
        frozen.requires_grad = false;
        WeightSlot slot = weights.Slots.First(item => item.Name == "conv.weight");
        float[] before = weights.MasterOf(slot).ToArray<float>(), others = free.To(ScalarType.Float32).ToArray<float>();
        for (int step = 0; step < 5; step++) sam.Step(() => model.Loss(model.Images(step), model.Labels(step)));
        Assert.True(weights.IsFrozen(slot));
        Assert.Equal(before, weights.MasterOf(slot).ToArray<float>());
        Assert.NotEqual(others, free.To(ScalarType.Float32).ToArray<float>());
        frozen.requires_grad = true;
        sam.Step(() => model.Loss(model.Images(9), model.Labels(9)));
        Assert.NotEqual(before, weights.MasterOf(slot).ToArray<float>());
    }

    [Fact]
    public void Learning_rates_and_radii_that_are_none_are_refused()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using var weights = new WeightSpace(model, Precision.Float32);
        var sgd = new Sgd(weights, new SgdOptions());
        using var sam = new Sam(model, weights, sgd, new SamOptions { Rho = 0.1 });
        Assert.Contains("never set", Assert.Throws<InvalidOperationException>(() => sam.Step(() => throw new TimeoutException())).Message, StringComparison.Ordinal);
        foreach (double wrong in new[] { double.NaN, -0.1, double.PositiveInfinity })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => sgd.LearningRate = wrong);
            Assert.Throws<ArgumentOutOfRangeException>(() => sam.Rho = wrong);
        }
    }

    [Fact]
    public void A_model_that_was_cast_after_the_space_was_made_is_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var model = new TinyNetwork(seed: 1);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sam = Sam(model, weights, rate: 0.1);
        Parameter moved = model.Parameters().First(item => item.Name == "linear.bias").Parameter;
        Kernels.Dispatcher.SetData(moved, moved.detach().clone());
        string message = Assert.Throws<InvalidOperationException>(() => sam.Step(() => model.Loss(model.Images(0), model.Labels(0)))).Message;
        Assert.Contains("'linear.bias' has left its weight space", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_parameters_or_in_float64_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => new WeightSpace(new Dropout(0.5), Precision.Float32));
        using var wide = nn.Linear(2, 2, dtype: ScalarType.Float64);
        Assert.Contains("'weight' is [2, 2] Float64", Assert.Throws<ArgumentException>(() => new WeightSpace(wide, Precision.Float32)).Message, StringComparison.Ordinal);
    }

    private static Sam Sam(nn.Module model, WeightSpace weights, double rate, WeightSpace? others = null, double decay = 0) =>
        new(model, weights, new Sgd(others ?? weights, new SgdOptions { WeightDecay = decay }) { LearningRate = rate }, new SamOptions { Rho = 0.05 });

    private sealed class Tied : Layer
    {
        internal Tied()
        {
            using (no_grad()) First.Weight.fill_(3);
            this.Register("first", First);
            this.Register("second", First);
        }

        internal Linear First { get; } = new(1, 1, bias: false);

        public override Tensor forward(Tensor input) => First.forward(First.forward(input));
    }

    private sealed class PartsOf : Block
    {
        internal PartsOf(params (string Name, nn.Module Module)[] parts)
        {
            foreach ((string name, nn.Module module) in parts) this.Register(name, module);
        }

        internal nn.Module Part(string name) => named_children().First(child => child.name == name).module;
    }
}
