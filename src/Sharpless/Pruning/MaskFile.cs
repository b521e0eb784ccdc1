using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pruning;

/// <summary>
/// Which weights of a network are live, beside its weight file: for <c>W.safetensors</c> the file <c>W.mask.safetensors</c>, with one Bool tensor
/// (true: live) for each pruned tensor, of its name and shape. Tensors without an entry are wholly live.
/// </summary>
public static class MaskFile
{
    private const string Ending = ".safetensors", MaskEnding = ".mask.safetensors";

    /// <summary>Where the mask of a weight file lies, whether it is there or not.</summary>
    public static string PathFor(string weightFile)
    {
        ArgumentNullException.ThrowIfNull(weightFile);
        return (weightFile.EndsWith(Ending, StringComparison.Ordinal) ? weightFile[..^Ending.Length] : weightFile) + MaskEnding;
    }

    /// <summary>Reads a mask.</summary>
    /// <returns>Bool tensors by name, owned by the caller.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or a tensor in it is not Bool.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        foreach (StoredArray array in file)
        {
            if (array.Type != ScalarType.Bool) throw new InvalidDataException($"\"{path}\": '{array.Name}' is {array.Type}; a mask holds Bool tensors (true: live).");
        }

        return file.ToDictionary(array => array.Name, array => array.ToTensor());
    }

    /// <summary>Refuses a mask that belongs to other weights.</summary>
    /// <param name="path">Its file, for the message.</param>
    /// <param name="live">The mask, borrowed.</param>
    /// <param name="weights">The weights, borrowed.</param>
    /// <param name="hint">How to mend it.</param>
    /// <exception cref="UsageException">A name that the weights do not have, or another shape.</exception>
    internal static void RequireFits(string path, IReadOnlyDictionary<string, Tensor> live, IReadOnlyDictionary<string, Tensor> weights, string hint)
    {
        foreach ((string name, Tensor mask) in live)
        {
            if (weights.TryGetValue(name, out Tensor? weight) && mask.shape.AsSpan().SequenceEqual(weight.shape)) continue;
            string expected = weight is null ? "the model has no such parameter" : $"the parameter is [{string.Join(", ", weight.shape)}]";
            throw new UsageException($"The mask '{path}' does not fit the model: '{name}' is [{string.Join(", ", mask.shape)}]; {expected}.", hint);
        }
    }

    /// <summary>Writes a mask; the file appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="live">Bool tensors, borrowed.</param>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        TensorFiles.WriteSafetensors(path, [.. live.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => (item.Key, item.Value))]);
    }
}
