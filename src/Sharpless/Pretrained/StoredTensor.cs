using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pretrained;

/// <summary>A tensor of a checkpoint as the network wants it: another view, or a part, of an array in the file.</summary>
/// <param name="Array">The array.</param>
/// <param name="Shape">Shape of the tensor.</param>
/// <param name="View">From the whole array to the tensor.</param>
internal sealed record StoredTensor(StoredArray Array, long[] Shape, Func<Tensor, Tensor> View)
{
    /// <summary>The whole array.</summary>
    internal static StoredTensor Whole(StoredArray array) => new(array, [.. array.Shape], tensor => tensor);

    /// <summary>Reads it, in Float32. Owned by the caller.</summary>
    /// <exception cref="InvalidDataException">The array does not hold real numbers, or is damaged.</exception>
    internal Tensor Read(string path)
    {
        if (!Array.Type.IsFloatingPoint())
        {
            throw new InvalidDataException($"{path}: '{Array.Name}' holds {Array.Type}; the weights of a network are float32 (float16, bfloat16 and float64 are taken too). Save it again as float32.");
        }

        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor values = Tensor.Empty([.. Array.Shape]);
        Array.ReadRows(0, Array.Rows, values.Data<float>());
        return scope.MoveToOuter(View(values).Contiguous());
    }
}
