using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>Weights of a model as a safetensors file with the names of PyTorch's <c>state_dict</c>, plain or packed (<see cref="PackedWeights"/>).</summary>
public static class WeightFile
{
    /// <summary>Reads all that a weight file holds, and its mask.</summary>
    /// <param name="path">A safetensors file, packed or not.</param>
    /// <returns>
    /// Tensors in the order of the file, owned by the caller. The mask is that of the packed file, or else of the <see cref="MaskFile"/> beside it; empty where there is none.
    /// </returns>
    /// <exception cref="InvalidDataException">A file is damaged, or no safetensors file.</exception>
    public static StoredWeights Load(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        return PackedWeights.Is(file)
            ? PackedWeights.Read(file)
            : new StoredWeights(file.ToDictionary(array => array.Name, array => array.ToTensor()), ReadMask(path), file.Metadata);
    }

    /// <summary>Reads weights, whatever is pruned of them.</summary>
    /// <returns>Tensors by name, owned by the caller.</returns>
    /// <inheritdoc cref="Load"/>
    public static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        if (!PackedWeights.Is(file)) return file.ToDictionary(array => array.Name, array => array.ToTensor());
        StoredWeights packed = PackedWeights.Read(file);
        foreach (Tensor live in packed.Live.Values) live.Dispose();
        return packed.Tensors;
    }

    /// <summary>Reads the mask of a weight file.</summary>
    /// <returns>Bool tensors (true: live) by name, owned by the caller: see <see cref="Load"/>.</returns>
    /// <exception cref="InvalidDataException">A file is damaged, or no safetensors file.</exception>
    public static IReadOnlyDictionary<string, Tensor> ReadMask(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        if (PackedWeights.Is(file))
        {
            StoredWeights packed = PackedWeights.Read(file);
            foreach (Tensor tensor in packed.Tensors.Values) tensor.Dispose();
            return packed.Live;
        }

        string maskFile = MaskFile.PathFor(path);
        return File.Exists(maskFile) ? MaskFile.Read(maskFile) : new Dictionary<string, Tensor>();
    }

    /// <summary>Shapes of the tensors in a file, without reading them.</summary>
    public static GivenShapes Shapes(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        return new GivenShapes(PackedWeights.Is(file) ? PackedWeights.Shapes(file) : file.ToDictionary(array => array.Name, array => array.Shape.ToArray()));
    }

    /// <summary>Writes the mask of a weight space beside its weight file; where all weights are live, removes what lies there.</summary>
    /// <param name="path">The weight file.</param>
    /// <param name="weights">The weight space.</param>
    public static void WriteMask(string path, WeightSpace weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        using var scope = NewDisposeScope();
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
            if (mask.sum().Item() < mask.NumberOfElements) live[slot.Name] = mask;
        }

        MaskFile.Write(maskFile, live);
    }

    /// <summary>Writes the master weights and the buffers of a model. The bytes depend on nothing else.</summary>
    public static void Write(string path, nn.Module model, WeightSpace weights)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        using var scope = NewDisposeScope();
        TensorFiles.WriteSafetensors(path, [.. weights.Slots.Select(slot => (slot.Name, weights.MasterOf(slot))), .. model.Buffers()]);
    }

    /// <summary>Writes tensors as they are. The file appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="weights">Tensors by name, in the order in which the file shall name them; borrowed.</param>
    /// <param name="metadata">Free text to keep in the file.</param>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(weights);
        TensorFiles.WriteSafetensors(path, [.. weights.Select(item => (item.Key, item.Value))], metadata);
    }
}
