using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Models;

/// <summary>What every network says about its channels is true: those that it calls removable can really go.</summary>
public class ChannelGroupTests
{
    public static TheoryData<string> Names => [.. ModelCatalog.Names];

    [Theory, MemberData(nameof(Names))]
    public void Channels_without_weights_can_be_taken_out_without_a_trace(string name)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        var shape = new ModelShape(3, 32, 32, 10, 8);
        Classifier whole = ModelCatalog.Create(name, shape);
        using var generator = Generator.Seeded(1);
        whole.Initialize(generator);
        whole.train(false);
        Dictionary<string, Tensor> state = ModuleState.Of(whole).ToDictionary(item => item.Name, item => item.Tensor), live = [];
        ChannelGroup[] removable = [.. whole.ChannelGroups.Where(group => group.IsRemovable)];
        foreach (ChannelGroup group in removable)
        {
            // Every third channel goes, from the second one on, so that the others move.
            long channels = state[$"{group.Producer}.weight"].size(0);
            bool[] stays = [.. Enumerable.Range(0, (int)channels).Select(channel => channel % 3 != 1)];
            foreach (string part in new[] { $"{group.Producer}.weight", $"{group.Producer}.bias", $"{group.Norm}.weight", $"{group.Norm}.bias" }.Where(state.ContainsKey))
            {
                Tensor mask = Tensor.Empty(state[part].shape, ScalarType.Bool);
                mask.copy_(Tensor.From<bool>(stays).reshape([channels, .. Enumerable.Repeat(1L, (int)state[part].Dimensions - 1)]));
                state[part].masked_fill_(mask.logical_not(), 0);
                live[part] = mask;
            }
        }

        float[] before = whole.forward(Images()).ToArray<float>();
        ShrunkNetwork shrunk = ChannelRemoval.Shrink(state, live, whole.ChannelGroups);
        Assert.Equal(removable.Length, shrunk.Removed.Count);
        Classifier small = ModelCatalog.Create(name, shape, new GivenShapes(shrunk.Weights.ToDictionary(item => item.Key, item => item.Value.shape)));
        ModuleState.Load(small, shrunk.Weights);
        small.train(false);
        float[] after = small.forward(Images()).ToArray<float>();
        double largest = before.Max(value => Math.Abs((double)value));
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, largest)));
        if (removable.Length > 0) Assert.True(small.Parameters().Sum(item => item.Parameter.NumberOfElements) < whole.Parameters().Sum(item => item.Parameter.NumberOfElements));
    }

    [Theory, MemberData(nameof(Names))]
    public void Groups_name_layers_that_the_network_has(string name)
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create(name, new ModelShape(3, 32, 32, 10, 8));
        HashSet<string> parameters = [.. model.Parameters().Select(item => item.Name)];
        Assert.All(
            model.ChannelGroups.SelectMany(group => new[] { group.Producer, group.Norm }.Concat(group.Consumers)),
            layer => Assert.True(layer is null || parameters.Contains($"{layer}.weight"), layer));
        Assert.Equal(name != "linear", model.ChannelGroups.Count > 0);
    }

    private static Tensor Images()
    {
        using var generator = Generator.Seeded(2);
        Tensor images = Tensor.Empty([2, 3, 32, 32]);
        images.normal_(0, 1, generator);
        return images;
    }
}
