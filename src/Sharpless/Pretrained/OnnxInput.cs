using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Sharpless.Pretrained;

/// <summary>How an ONNX network takes its images.</summary>
internal sealed class OnnxInput
{
    private const int Colours = 3;

    // Numbers that come from bytes by way of [0, 1] are whole to this.
    private const float Rounding = 1e-3f;

    private readonly string _name;
    private readonly TensorElementType _type;
    private readonly bool _hasColoursLast;

    private OnnxInput(string name, NodeMetadata metadata, int batch, int height, int width, bool hasColoursLast)
    {
        (_name, _type, _hasColoursLast) = (name, metadata.ElementDataType, hasColoursLast);
        (Batch, Height, Width) = (Known(batch), Known(height), Known(width));

        static int? Known(int size) => size > 0 ? size : null;
    }

    /// <summary>Images at once; null for any number.</summary>
    internal int? Batch { get; }

    /// <summary>Rows of an image; null for any number.</summary>
    internal int? Height { get; }

    /// <summary>Columns of an image; null for any number.</summary>
    internal int? Width { get; }

    /// <summary>Names of the inputs, as ONNX Runtime wants them.</summary>
    internal IReadOnlyList<string> Names => [_name];

    /// <summary>Reads it from a network.</summary>
    /// <exception cref="InvalidDataException">It takes no images, or more than them.</exception>
    internal static OnnxInput Of(InferenceSession session)
    {
        if (session.InputMetadata.Count != 1)
        {
            throw new InvalidDataException(
                $"What is asked for depends on {session.InputMetadata.Count} inputs: "
                + $"{string.Join(", ", session.InputMetadata.Select(Described))}. Only what depends on images alone can "
                + "be measured.");
        }

        KeyValuePair<string, NodeMetadata> input = session.InputMetadata.First();
        NodeMetadata metadata = input.Value;
        bool isKnown = metadata.IsTensor
            && metadata.ElementDataType is TensorElementType.Float or TensorElementType.Float16
                or TensorElementType.Double or TensorElementType.UInt8;
        return metadata.Dimensions switch
        {
            // A file without shapes.
            [] when isKnown => new OnnxInput(input.Key, metadata, 0, 0, 0, hasColoursLast: false),
            [int batch, Colours, int height, int width]
                when isKnown => new OnnxInput(input.Key, metadata, batch, height, width, hasColoursLast: false),
            [int batch, < 0, int height, int width and not Colours]
                when isKnown => new OnnxInput(input.Key, metadata, batch, height, width, hasColoursLast: false),
            [int batch, int height, int width, Colours]
                when isKnown => new OnnxInput(input.Key, metadata, batch, height, width, hasColoursLast: true),
            _ => throw new InvalidDataException(
                $"It takes {Described(input)}; expected coloured images [B, 3, H, W] or [B, H, W, 3] of float32, "
                + "float16, float64 or uint8."),
        };
    }

    /// <summary>Images as the network takes them. Owned by the caller.</summary>
    /// <param name="images">[B, 3, H, W].</param>
    /// <param name="size">B, H, W.</param>
    /// <exception cref="UsageException">The network takes bytes, and these are none.</exception>
    internal OrtValue Value(ReadOnlySpan<float> images, (long Count, long Height, long Width) size)
    {
        float[] ordered = _hasColoursLast ? ColoursLast(images, size.Height * size.Width) : images.ToArray();
        long[] shape = _hasColoursLast
            ? [size.Count, size.Height, size.Width, Colours] : [size.Count, Colours, size.Height, size.Width];
        return _type switch
        {
            TensorElementType.Float16 =>
                OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ordered, value => (Float16)value), shape),
            TensorElementType.Double =>
                OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ordered, value => (double)value), shape),
            TensorElementType.UInt8 => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ordered, ByteOf), shape),
            _ => OrtValue.CreateTensorValueFromMemory(ordered, shape),
        };
    }

    private static byte ByteOf(float value)
    {
        float whole = MathF.Round(value);
        return Math.Abs(value - whole) <= Rounding && whole is >= 0 and <= 255
            ? (byte)whole
            : throw new UsageException($"The network takes whole numbers from 0 to 255, and a pixel is {value}.",
                "Take the normalization that leaves bytes as they are.");
    }

    private static float[] ColoursLast(ReadOnlySpan<float> images, long pixels)
    {
        var ordered = new float[images.Length];
        for (int i = 0; i < ordered.Length; i++)
        {
            long image = i / (Colours * pixels), place = i % (Colours * pixels);
            ordered[i] = images[(int)((image * Colours + place % Colours) * pixels + place / Colours)];
        }

        return ordered;
    }

    private static string Described(KeyValuePair<string, NodeMetadata> input)
    {
        string type = input.Value.IsTensor
            ? input.Value.ElementDataType.ToString() : input.Value.OnnxValueType.ToString();
        return $"'{input.Key}' "
            + $"[{string.Join(", ", input.Value.Dimensions.Select(size => size < 0 ? "?" : $"{size}"))}] of {type}";
    }
}
