using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Models;

/// <summary>Names and shapes are those of the <c>state_dict</c> of PyTorch's conventional modules, as the parity golden files hold them.</summary>
public class StateNamesTests
{
    [Theory, InlineData("resnet18", "resnet.npz"), InlineData("classifier", "classifier.npz")]
    public void State_is_named_and_shaped_as_pytorch_has_it(string name, string golden)
    {
        using var scope = NewDisposeScope();
        using ArrayFile file = ArrayFile.Open(GoldenFiles.PathOf("parity", golden));
        IReadOnlyList<long> images = file["x"].Shape;
        Classifier model = ModelCatalog.Create(name, new ModelShape((int)images[1], (int)images[2], (int)images[3], Classes: 10, Width: 4));
        string[] expected =
        [
            .. file.Where(array => array.Name.StartsWith("init/", StringComparison.Ordinal) && !array.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
                .Select(array => Text(array.Name[5..], array.Shape)).Order(StringComparer.Ordinal),
        ];
        Assert.Equal(expected, ModuleState.Of(model).Select(item => Text(item.Name, item.Tensor.shape)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Resnet18_has_a_shortcut_where_the_shape_changes_and_nowhere_else()
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, 32, 32, 10, 4));
        Assert.Equal(
            ["layer2.0.shortcut.0.weight", "layer3.0.shortcut.0.weight", "layer4.0.shortcut.0.weight"],
            model.Parameters().Select(item => item.Name).Where(name => name.Contains("shortcut", StringComparison.Ordinal)));
    }

    [Fact]
    public void Given_weights_decide_whether_the_classifier_has_biases()
    {
        using var scope = NewDisposeScope();
        var shape = new ModelShape(1, 28, 28, 10, 4);
        string[] bare = ["conv1.weight", "conv2.weight", "bn2.weight", "bn2.bias", "linear.weight", "linear.bias"];
        Assert.Equal(bare, Names(bare));
        Assert.Equal(["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "bn2.weight", "bn2.bias", "linear.weight", "linear.bias"], Names(null));
        Assert.Equal(Names(null), Names([.. bare, "conv1.bias", "conv2.bias"]));

        IEnumerable<string> Names(string[]? given) => ModelCatalog
            .Create("classifier", shape, given is null ? null : new GivenShapes(given.ToDictionary(name => name, _ => Array.Empty<long>())))
            .Parameters().Select(item => item.Name);
    }

    private static string Text(string name, IEnumerable<long> shape) => $"{name} [{string.Join(", ", shape)}]";
}
