using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Pruning;

public class MultiplyAddsTests
{
    [Fact]
    public void The_classifier_on_mnist_takes_what_its_sizes_say()
    {
        using var scope = NewDisposeScope();
        IReadOnlyList<LayerMultiplyAdds> layers = MultiplyAdds.Count(ModelCatalog.Create("classifier", new ModelShape(1, 28, 28, 10, 64)), [1, 28, 28]);
        // Output positions times inputs times kernel, for each output channel: 14x14 from 1x4x4, 7x7 from 64x4x4, and the head.
        Assert.Equal(
            [("conv1.weight", 14 * 14 * 64 * 16L), ("conv2.weight", 7 * 7 * 128 * 64 * 16L), ("linear.weight", 128 * 7 * 7 * 10L)],
            layers.Select(layer => (layer.Name, layer.Dense)));
    }

    [Fact]
    public void Resnet18_of_width_64_takes_the_well_known_0_56_billion()
    {
        using var scope = NewDisposeScope();
        IReadOnlyList<LayerMultiplyAdds> layers = MultiplyAdds.Count(ModelCatalog.Create("resnet18", new ModelShape(3, 32, 32, 10, 64)), [3, 32, 32]);
        // Each stage halves the sides and doubles the channels: four 3x3 convolutions of one cost, but that the first reads half the inputs, with a 1x1 beside it.
        long convolution = 32 * 32 * 64 * 64 * 9L, expected = (32 * 32 * 3 * 64 * 9L) + (4 * convolution) + (3 * ((convolution / 2) + (3 * convolution) + (convolution / 18))) + (512 * 10);
        Assert.Equal(expected, layers.Sum(layer => layer.Dense));
        Assert.InRange(expected, 555_000_000, 557_000_000);
        Assert.Equal(21, layers.Count);
    }

    [Fact]
    public void Live_counts_the_weights_that_are_not_zero_and_nothing_else_changes()
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("classifier", new ModelShape(2, 12, 8, 3, 4));
        using var generator = Generator.Seeded(1);
        model.Initialize(generator);
        float[][] before = [.. ModuleState.Of(model).Select(item => item.Tensor.ToArray<float>())];
        Assert.All(MultiplyAdds.Count(model, [2, 12, 8]), layer => Assert.Equal(layer.Dense, layer.Live));
        Assert.Equal(before, ModuleState.Of(model).Select(item => item.Tensor.ToArray<float>()));
        Assert.True(model.training);
        Assert.All(model.All().OfType<WeightLayer>(), layer => Assert.Null(layer.OutputObserver));

        using (no_grad()) model.Parameters().Single(item => item.Name == "conv2.weight").Parameter.select(0, 5).fill_(0);
        Assert.Equal([6 * 4 * 4 * 2 * 16L, 3 * 2 * 7 * 4 * 16L, 3 * 8 * 3 * 2L], MultiplyAdds.Count(model, [2, 12, 8]).Select(layer => layer.Live));
    }

    [Fact]
    public void Bfloat16_weights_are_counted_alike()
    {
        using var scope = NewDisposeScope();
        Classifier model = ModelCatalog.Create("resnet18", new ModelShape(3, 16, 16, 10, 8));
        using var generator = Generator.Seeded(1);
        model.Initialize(generator);
        IReadOnlyList<LayerMultiplyAdds> expected = MultiplyAdds.Count(model, [3, 16, 16]);
        using var weights = new WeightSpace(model, Precision.BFloat16);
        Assert.Equal(expected, MultiplyAdds.Count(model, [3, 16, 16]));
    }
}
