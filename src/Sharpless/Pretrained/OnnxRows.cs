using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Sharpless.Torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Sharpless.Pretrained;

/// <summary>The values of an ONNX network at one place, batch after batch.</summary>
/// <param name="count">Images in all.</param>
internal sealed class OnnxRows(long count)
{
    private readonly List<float> _values = [];
    private long[]? _shape;

    /// <summary>Adds those of a batch.</summary>
    /// <param name="output">What the network gives.</param>
    /// <param name="images">Images in the batch.</param>
    /// <param name="wanted">How many of them count, the first ones.</param>
    /// <param name="tap">Name of the place, for errors.</param>
    /// <exception cref="FailureException">No numbers, or other sizes than before.</exception>
    internal void Add(OrtValue output, long images, long wanted, string tap)
    {
        if (!output.IsTensor)
            throw new FailureException($"At '{tap}' the network gives a {output.OnnxType}, not a tensor.",
            "Measure other nodes.");
        OrtTensorTypeAndShapeInfo info = output.GetTensorTypeAndShape();
        long[] shape = info.Shape;
        float[] values = info.ElementDataType switch
        {
            TensorElementType.Float => output.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Float16 => Converted<Float16>(output, value => (float)value),
            TensorElementType.BFloat16 => Converted<Microsoft.ML.OnnxRuntime.BFloat16>(output, value => (float)value),
            TensorElementType.Double => Converted<double>(output, value => (float)value),
            _ => throw new FailureException($"At '{tap}' the network gives {info.ElementDataType}, not real numbers.",
                "Measure other nodes."),
        };
        if (shape.Length > 0 && shape[0] == images) shape[0] = wanted;
        if (_shape is not null && (shape.Length == 0 || !shape.AsSpan(1).SequenceEqual(_shape.AsSpan(1))))
        {
            throw new FailureException(
                $"At '{tap}' the network gives [{string.Join(", ", shape)}] after [{string.Join(", ", _shape)}]; the "
                    + "sizes depend on the images.", "Measure other nodes.");
        }

        _values.EnsureCapacity(checked((int)(values.Length / images * count)));
        _values.AddRange(values.AsSpan(0, checked((int)shape.Aggregate(1L, (product, size) => product * size))));
        if (_shape is null) _shape = shape;
        else _shape[0] += shape[0];
    }

    /// <summary>All of them. Owned by the caller.</summary>
    internal Tensor ToTensor() => Tensor.From<float>(CollectionsMarshal.AsSpan(_values), _shape!);

    private static float[] Converted<T>(OrtValue output, Converter<T, float> convert)
        where T : unmanaged => Array.ConvertAll(output.GetTensorDataAsSpan<T>().ToArray(), convert);
}
