namespace Sharpless.Torch.Files;

/// <summary>Between tensors and the arrays of files.</summary>
public static class TensorFiles
{
    // More than any network has; libtorch takes 64.
    private const int MaximumDimensions = 16;

    /// <summary>Reads an array of a file as a tensor of the same type and shape. Owned by the caller.</summary>
    /// <param name="array">At most 2 GB.</param>
    /// <exception cref="InvalidDataException">Its data are damaged, it is larger than the memory limit, or has more than 16 dimensions.</exception>
    public static Tensor ToTensor(this StoredArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        array.CheckFits(MaximumDimensions);
        Tensor tensor = Tensor.Empty([.. array.Shape], array.Type);
        array.ReadRowBytes(0, array.Rows, tensor.Bytes());
        return tensor;
    }

    /// <summary>A tensor as an array to be written: row-major, whatever its strides and device. Read when it is written.</summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="tensor">Borrowed until the file is written.</param>
    public static ArrayEntry Entry(string name, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new ArrayEntry(name, tensor.dtype, tensor.shape, stream =>
        {
            using Tensor here = tensor.To(CPU);
            using Tensor plain = here.Contiguous();
            stream.Write(plain.Bytes());
        });
    }

    /// <summary>Writes tensors to a safetensors file, which appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Borrowed.</param>
    /// <param name="metadata">Free text kept in the file.</param>
    public static void WriteSafetensors(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsFile.Write(path, [.. tensors.Select(item => Entry(item.Name, item.Tensor))], metadata);
    }
}
