using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>Weights of a model as a safetensors file with the names of PyTorch's <c>state_dict</c>.</summary>
public static class WeightFile
{
    /// <summary>Reads weights.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <returns>Tensors by name, owned by the caller.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or no safetensors file.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        return file.ToDictionary(array => array.Name, array => array.ToTensor());
    }

    /// <summary>Shapes of the tensors in a file, without reading them.</summary>
    public static GivenShapes Shapes(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        return new GivenShapes(file.ToDictionary(array => array.Name, array => array.Shape.ToArray()));
    }

    /// <summary>Writes the mask of a weight space beside its weight file; where all weights are live, removes what lies there.</summary>
    /// <param name="path">The weight file.</param>
    /// <param name="weights">The weight space.</param>
    public static void WriteMask(string path, WeightSpace weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        using var scope = TensorScope.Begin();
        string maskFile = MaskFile.PathFor(path);
        if (weights.Mask.Count == 0)
        {
            File.Delete(maskFile);
            return;
        }

        Dictionary<string, Tensor> live = [];
        foreach (WeightSlot slot in weights.Slots)
        {
            Tensor mask = weights.MaskOf(slot)!;
            if (mask.Sum().Item() < mask.Count) live[slot.Name] = mask;
        }

        MaskFile.Write(maskFile, live);
    }

    /// <summary>Writes the master weights and the buffers of a model. The bytes depend on nothing else.</summary>
    public static void Write(string path, Module model, WeightSpace weights)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        using var scope = TensorScope.Begin();
        TensorFiles.WriteSafetensors(path, [.. weights.Slots.Select(slot => (slot.Name, weights.MasterOf(slot))), .. model.Buffers()]);
    }
}
