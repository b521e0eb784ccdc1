using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

public class ModuleStateTests
{
    [Fact]
    public void Values_are_copied_by_name()
    {
        using var scope = NewDisposeScope();
        var layers = new Layers();
        ModuleState.Load(layers, Values());
        foreach ((string name, Tensor tensor) in ModuleState.Of(layers)) Assert.All(tensor.ToArray<float>(), value => Assert.Equal(name.Length, value));
    }

    [Fact]
    public void Parameters_come_before_buffers_each_in_the_order_of_registration()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(["linear.weight", "linear.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"], ModuleState.Of(new Layers()).Select(item => item.Name));
    }

    [Fact]
    public void The_batch_counters_of_pytorch_are_accepted()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> values = Values();
        values["bn.num_batches_tracked"] = zeros([], ScalarType.Int64);
        ModuleState.Load(new Layers(), values);
    }

    [Fact]
    public void Missing_misshapen_and_left_over_names_are_told_together_and_nothing_is_copied()
    {
        using var scope = NewDisposeScope();
        var layers = new Layers();
        Dictionary<string, Tensor> values = Values();
        values.Remove("bn.running_var");
        values["linear.weight"] = full([3, 2], 9, ScalarType.Float32);
        values["linear2.weight"] = zeros([1]);
        string message = Assert.Throws<InvalidDataException>(() => ModuleState.Load(layers, values)).Message;
        Assert.Contains("'bn.running_var' [2] is missing", message, StringComparison.Ordinal);
        Assert.Contains("'linear.weight' is [3, 2], expected [2, 3]", message, StringComparison.Ordinal);
        Assert.Contains("'linear2.weight' belongs to no layer", message, StringComparison.Ordinal);
        Assert.Equal([1, 1], ModuleState.Of(layers).Single(item => item.Name == "bn.weight").Tensor.ToArray<float>());
    }

    [Fact]
    public void A_long_list_of_problems_is_cut_and_counted()
    {
        using var scope = NewDisposeScope();
        string message = Assert.Throws<InvalidDataException>(() => ModuleState.Load(new Layers(), new Dictionary<string, Tensor>())).Message;
        Assert.EndsWith("and 1 more.", message, StringComparison.Ordinal);
    }

    private static Dictionary<string, Tensor> Values() =>
        ModuleState.Of(new Layers()).ToDictionary(item => item.Name, item => full(item.Tensor.shape, item.Name.Length, ScalarType.Float32));

    private sealed class Layers : Block
    {
        internal Layers()
        {
            this.Register("linear", new Linear(3, 2));
            this.Register("bn", new BatchNorm(2));
        }
    }
}
