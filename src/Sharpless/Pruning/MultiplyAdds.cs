using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pruning;

/// <summary>Multiplications, each with its addition, that a layer's weight takes part in for one image.</summary>
/// <param name="Name">Name of the weight.</param>
/// <param name="Dense">With every weight: weights times output positions.</param>
/// <param name="Live">With those weights alone that are not 0: what is left to do for a program that skips zeros. The dense kernels of libtorch do not.</param>
public sealed record LayerMultiplyAdds(string Name, long Dense, long Live);

/// <summary>Counts the multiply-adds of a network from the sizes that its layers really have in a forward pass.</summary>
public static class MultiplyAdds
{
    /// <summary>Passes one image through a network in evaluation mode.</summary>
    /// <param name="model">The network, unchanged afterwards.</param>
    /// <param name="image">[C, H, W] of an image.</param>
    /// <returns>
    /// Convolutions and linear layers in the order of the network. Biases, normalizations, activations, and products of activations with each other (attention) are not counted.
    /// </returns>
    public static IReadOnlyList<LayerMultiplyAdds> Count(Classifier model, IReadOnlyList<long> image)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(image);
        List<WeightLayer> layers = [.. model.All().OfType<WeightLayer>()];
        var positions = new Dictionary<WeightLayer, long>();
        using var before = RememberedState.Of(model);
        using IDisposable off = no_grad();
        using var scope = NewDisposeScope();
        try
        {
            model.train(false);
            foreach (WeightLayer layer in layers)
            {
                long outputs = layer.Weight.size(0);
                layer.OutputObserver = output => positions[layer] = positions.GetValueOrDefault(layer) + (output.NumberOfElements / outputs);
            }

            Tensor first = layers.Count > 0 ? layers[0].Weight : model.Parameters().First().Parameter;
            model.forward(zeros([1, .. image], first.dtype, first.device));
        }
        finally
        {
            foreach (WeightLayer layer in layers) layer.OutputObserver = null;
        }

        Dictionary<Parameter, string> names = model.Parameters().ToDictionary(item => item.Parameter, item => item.Name);
        return [.. layers.Where(positions.ContainsKey).Select(layer =>
        {
            Tensor weight = layer.Weight;
            return new LayerMultiplyAdds(names[layer.Weight], weight.NumberOfElements * positions[layer], (long)weight.ne(0).sum().Item() * positions[layer]);
        })];
    }
}
