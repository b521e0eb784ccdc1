using Sharpless.Data.Augmentation;
using Sharpless.Torch;

namespace Sharpless.Data;

/// <summary>Turns examples of an <see cref="ImageSet"/> into the numbers that a network reads, a whole batch at a time.</summary>
/// <remarks>
/// Two passes: augmentation moves bytes (rows are copied, so it costs little), then one table lookup per value scales, normalizes and
/// rounds. Not safe for use by several threads at once.
/// </remarks>
public sealed class BatchBuilder
{
    private readonly ImageSet _images;
    private readonly CropFlip? _augmentation;
    private readonly RandAugment? _randAugment;
    private readonly ulong _seed;
    private readonly float[] _floatTable;
    private readonly ushort[] _bfloat16Table;
    private byte[] _bytes = [];
    private byte[] _copies = [];

    /// <summary>A builder of batches of one set.</summary>
    /// <param name="images">The set; its normalization is applied.</param>
    /// <param name="augmentation">For training batches; null for none.</param>
    /// <param name="seed">Seed of the run, for the augmentation.</param>
    /// <param name="randAugment">Comes before <paramref name="augmentation"/>; null for none.</param>
    /// <exception cref="ArgumentException">Augmentation is asked for, but the images are numbers already.</exception>
    public BatchBuilder(ImageSet images, CropFlip? augmentation = null, ulong seed = 0, RandAugment? randAugment = null)
    {
        if ((augmentation != null || randAugment != null) && images.Bytes == null)
            throw new ArgumentException("Only 8-bit images can be augmented, these are float32. Turn augmentation off.", nameof(augmentation));
        _images = images;
        _augmentation = augmentation;
        _randAugment = randAugment;
        _seed = seed;
        _floatTable = images.Normalization.Table();
        _bfloat16Table = Array.ConvertAll(_floatTable, ToBFloat16);
    }

    /// <summary>Shape of every image of a batch.</summary>
    public ImageShape Shape => _images.Shape;

    /// <summary>Makes the tensors of a batch.</summary>
    /// <param name="examples">Indices of the examples.</param>
    /// <param name="type">Float32 or BFloat16 (rounded to nearest, ties to even).</param>
    /// <param name="format">How the values are to lie in memory: contiguous ([B, C, H, W]) or channels-last ([B, H, W, C]).</param>
    /// <param name="device">Where the tensors are to live; the CPU unless given.</param>
    /// <param name="step">Step of the run; together with the seed it decides the augmentation.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <returns>Two tensors; they belong to the caller.</returns>
    /// <exception cref="ArgumentException">Another type or format, or an index is not one of the set.</exception>
    public Batch Build(ReadOnlySpan<int> examples, ScalarType type, memory_format format, Device? device = null, long step = 0, int view = 0)
    {
        Tensor images = Tensor.Empty([examples.Length, Shape.Channels, Shape.Height, Shape.Width], type, format: format);
        Tensor labels = Tensor.Empty([examples.Length], ScalarType.Int64);
        switch (type)
        {
            case ScalarType.Float32: WriteImages(examples, format, Elements<float>(images), step, view); break;
            case ScalarType.BFloat16: WriteImages(examples, format, Elements<ushort>(images), step, view); break;
            default: throw new ArgumentException($"Images can be Float32 or BFloat16, not {type}.", nameof(type));
        }
        WriteLabels(examples, labels.Data<long>());
        return new Batch(device == CPU ? images : images.To(device), device == CPU ? labels : labels.To(device));
    }

    // All elements in the order of memory, which Tensor.Data gives only for contiguous tensors.
    private static unsafe Span<T> Elements<T>(Tensor tensor) where T : unmanaged => new((void*)tensor.Pointer<T>(), checked((int)tensor.NumberOfElements));

    /// <summary>Writes the images of a batch as float32.</summary>
    /// <param name="examples">Indices of the examples.</param>
    /// <param name="format">How the values are to lie in memory: contiguous ([B, C, H, W]) or channels-last ([B, H, W, C]).</param>
    /// <param name="destination">At least B * C * H * W values; the rest is left alone.</param>
    /// <param name="step">Step of the run; together with the seed it decides the augmentation.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <exception cref="ArgumentException">The destination is too small, or an index is not one of the set.</exception>
    public void WriteImages(ReadOnlySpan<int> examples, memory_format format, Span<float> destination, long step = 0, int view = 0)
    {
        Check(examples, format, destination.Length);
        if (_images.Floats is { } floats) Gather(examples, floats, format, destination, x => x);
        else Convert(Augmented(examples, step, view), _floatTable, format, destination);
    }

    /// <summary>Writes the images of a batch as bfloat16, rounded to nearest, ties to even.</summary>
    /// <param name="examples"><inheritdoc cref="WriteImages(ReadOnlySpan{int}, memory_format, Span{float}, long, int)"/></param>
    /// <param name="format">How the values are to lie in memory: contiguous ([B, C, H, W]) or channels-last ([B, H, W, C]).</param>
    /// <param name="destination">At least B * C * H * W values as bits; the rest is left alone.</param>
    /// <param name="step">Step of the run; together with the seed it decides the augmentation.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <exception cref="ArgumentException">The destination is too small, or an index is not one of the set.</exception>
    public void WriteImages(ReadOnlySpan<int> examples, memory_format format, Span<ushort> destination, long step = 0, int view = 0)
    {
        Check(examples, format, destination.Length);
        if (_images.Floats is { } floats) Gather(examples, floats, format, destination, ToBFloat16);
        else Convert(Augmented(examples, step, view), _bfloat16Table, format, destination);
    }

    /// <summary>Writes the classes of a batch.</summary>
    /// <param name="examples">Indices of the examples.</param>
    /// <param name="destination">At least B values.</param>
    public void WriteLabels(ReadOnlySpan<int> examples, Span<long> destination)
    {
        for (int i = 0; i < examples.Length; i++) destination[i] = _images.Labels[examples[i]];
    }

    private void Check(ReadOnlySpan<int> examples, memory_format format, int room)
    {
        if (format is not (memory_format.contiguous_format or memory_format.channels_last))
            throw new ArgumentException($"Images can be written contiguous or channels-last, not as {format}.", nameof(format));
        if (room < (long)examples.Length * Shape.Size)
            throw new ArgumentException($"{examples.Length} images of {Shape} have {(long)examples.Length * Shape.Size} values, the destination has room for {room}.");
        foreach (int example in examples)
            if ((uint)example >= (uint)_images.Count)
                throw new ArgumentException($"Example {example} is not one of the {_images.Count} examples of the set.", nameof(examples));
    }

    // The bytes of the batch, [B, H, W, C], augmented.
    private ReadOnlySpan<byte> Augmented(ReadOnlySpan<int> examples, long step, int view)
    {
        int size = Shape.Size;
        if (_bytes.Length < examples.Length * size) _bytes = new byte[examples.Length * size];
        for (int place = 0; place < examples.Length; place++)
        {
            ReadOnlySpan<byte> image = _images.Bytes.AsSpan(examples[place] * size, size);
            Span<byte> moved = _bytes.AsSpan(place * size, size);
            if (_randAugment != null) image = Varied(image, step, view, place);
            if (_augmentation == null) image.CopyTo(moved);
            else _augmentation.Apply(image, moved, Shape, _augmentation.DrawFor(_seed, step, view, place));
        }
        return _bytes.AsSpan(0, examples.Length * size);
    }

    // In the first of two buffers; the second is for operations that read while they write.
    private ReadOnlySpan<byte> Varied(ReadOnlySpan<byte> image, long step, int view, int place)
    {
        if (_copies.Length == 0) _copies = new byte[2 * Shape.Size];
        Span<byte> varied = _copies.AsSpan(0, Shape.Size);
        image.CopyTo(varied);
        _randAugment!.Apply(varied, Shape, _seed, step, view, place, _copies.AsSpan(Shape.Size));
        return varied;
    }

    private void Convert<T>(ReadOnlySpan<byte> pixels, T[] table, memory_format format, Span<T> destination) where T : unmanaged
    {
        if (Shape.Channels == 1) ConvertGrey(pixels, table, destination);
        else if (format == memory_format.contiguous_format) ConvertToPlanes(pixels, table, destination);
        else if (Shape.Channels == 3) ConvertColour(pixels, table, destination);
        else ConvertPixels(pixels, table, destination);
    }

    private static void ConvertGrey<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
    {
        ReadOnlySpan<T> values = table[..256];
        destination = destination[..pixels.Length];
        for (int i = 0; i < pixels.Length; i++) destination[i] = values[pixels[i]];
    }

    // The general case below, written out for colour pictures.
    private static void ConvertColour<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
    {
        ReadOnlySpan<T> red = table[..256], green = table[256..512], blue = table[512..768];
        destination = destination[..pixels.Length];
        for (int i = 0; i + 2 < pixels.Length; i += 3)
        {
            destination[i] = red[pixels[i]];
            destination[i + 1] = green[pixels[i + 1]];
            destination[i + 2] = blue[pixels[i + 2]];
        }
    }

    private void ConvertPixels<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
    {
        for (int i = 0; i < pixels.Length; i += Shape.Channels)
            for (int c = 0; c < Shape.Channels; c++)
                destination[i + c] = table[c * 256 + pixels[i + c]];
    }

    private void ConvertToPlanes<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
    {
        int area = Shape.Height * Shape.Width, channels = Shape.Channels;
        for (int start = 0; start < pixels.Length; start += Shape.Size)
            for (int c = 0; c < channels; c++)
            {
                ReadOnlySpan<T> values = table.Slice(c * 256, 256);
                Span<T> plane = destination.Slice(start + c * area, area);
                ReadOnlySpan<byte> source = pixels[(start + c)..];
                for (int i = 0; i < plane.Length; i++) plane[i] = values[source[i * channels]];
            }
    }

    // Images that are numbers already: nothing but order and type change.
    private void Gather<T>(ReadOnlySpan<int> examples, float[] floats, memory_format format, Span<T> destination, Func<float, T> convert)
    {
        int area = Shape.Height * Shape.Width, channels = Shape.Channels;
        (int pixelStride, int channelStride) = format == memory_format.channels_last ? (channels, 1) : (1, area);
        for (int place = 0; place < examples.Length; place++)
        {
            ReadOnlySpan<float> image = floats.AsSpan(examples[place] * Shape.Size, Shape.Size);
            Span<T> result = destination.Slice(place * Shape.Size, Shape.Size);
            for (int i = 0; i < area; i++)
                for (int c = 0; c < channels; c++)
                    result[i * pixelStride + c * channelStride] = convert(image[i * channels + c]);
        }
    }

    // Adding just under half of the last kept bit, and exactly half where that bit is odd, rounds ties to even. Pixels are never NaN.
    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }
}
