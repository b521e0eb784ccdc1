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
    private readonly ulong _seed;
    private readonly float[] _floatTable;
    private readonly ushort[] _bfloat16Table;
    private byte[] _bytes = [];

    /// <summary>A builder of batches of one set.</summary>
    /// <param name="images">The set; its normalization is applied.</param>
    /// <param name="augmentation">For training batches; null for none.</param>
    /// <param name="seed">Seed of the run, for the augmentation.</param>
    /// <exception cref="ArgumentException">Augmentation is asked for, but the images are numbers already.</exception>
    public BatchBuilder(ImageSet images, CropFlip? augmentation = null, ulong seed = 0)
    {
        if (augmentation != null && images.Bytes == null)
            throw new ArgumentException("Only 8-bit images can be augmented, these are float32. Turn augmentation off.", nameof(augmentation));
        _images = images;
        _augmentation = augmentation;
        _seed = seed;
        _floatTable = images.Normalization.Table();
        _bfloat16Table = Array.ConvertAll(_floatTable, ToBFloat16);
    }

    /// <summary>Shape of every image of a batch.</summary>
    public ImageShape Shape => _images.Shape;

    /// <summary>Writes the images of a batch as float32.</summary>
    /// <param name="examples">Indices of the examples.</param>
    /// <param name="order">How the values are to lie in memory.</param>
    /// <param name="destination">At least B * C * H * W values; the rest is left alone.</param>
    /// <param name="step">Step of the run; together with the seed it decides the augmentation.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <exception cref="ArgumentException">The destination is too small, or an index is not one of the set.</exception>
    public void WriteImages(ReadOnlySpan<int> examples, PixelOrder order, Span<float> destination, long step = 0, int view = 0)
    {
        Check(examples, destination.Length);
        if (_images.Floats is { } floats) Gather(examples, floats, order, destination, x => x);
        else Look(Moved(examples, step, view), _floatTable, order, destination);
    }

    /// <summary>Writes the images of a batch as bfloat16, rounded to nearest, ties to even.</summary>
    /// <param name="examples"><inheritdoc cref="WriteImages(ReadOnlySpan{int}, PixelOrder, Span{float}, long, int)"/></param>
    /// <param name="order">How the values are to lie in memory.</param>
    /// <param name="destination">At least B * C * H * W values as bits; the rest is left alone.</param>
    /// <param name="step">Step of the run; together with the seed it decides the augmentation.</param>
    /// <param name="view">0; 1 for a second, independent augmentation of the same batch.</param>
    /// <exception cref="ArgumentException">The destination is too small, or an index is not one of the set.</exception>
    public void WriteImages(ReadOnlySpan<int> examples, PixelOrder order, Span<ushort> destination, long step = 0, int view = 0)
    {
        Check(examples, destination.Length);
        if (_images.Floats is { } floats) Gather(examples, floats, order, destination, ToBFloat16);
        else Look(Moved(examples, step, view), _bfloat16Table, order, destination);
    }

    /// <summary>Writes the classes of a batch.</summary>
    /// <param name="examples">Indices of the examples.</param>
    /// <param name="destination">At least B values.</param>
    public void WriteLabels(ReadOnlySpan<int> examples, Span<long> destination)
    {
        for (int i = 0; i < examples.Length; i++) destination[i] = _images.Labels[examples[i]];
    }

    private void Check(ReadOnlySpan<int> examples, int room)
    {
        if (room < (long)examples.Length * Shape.Size)
            throw new ArgumentException($"{examples.Length} images of {Shape} have {(long)examples.Length * Shape.Size} values, the destination has room for {room}.");
        foreach (int example in examples)
            if ((uint)example >= (uint)_images.Count)
                throw new ArgumentException($"Example {example} is not one of the {_images.Count} examples of the set.", nameof(examples));
    }

    // The bytes of the batch, [B, H, W, C], augmented.
    private ReadOnlySpan<byte> Moved(ReadOnlySpan<int> examples, long step, int view)
    {
        int size = Shape.Size;
        if (_bytes.Length < examples.Length * size) _bytes = new byte[examples.Length * size];
        for (int place = 0; place < examples.Length; place++)
        {
            ReadOnlySpan<byte> image = _images.Bytes.AsSpan(examples[place] * size, size);
            Span<byte> moved = _bytes.AsSpan(place * size, size);
            if (_augmentation == null) image.CopyTo(moved);
            else _augmentation.Apply(image, moved, Shape, _augmentation.DrawFor(_seed, step, view, place));
        }
        return _bytes.AsSpan(0, examples.Length * size);
    }

    private void Look<T>(ReadOnlySpan<byte> pixels, T[] table, PixelOrder order, Span<T> destination) where T : unmanaged
    {
        if (Shape.Channels == 1) LookOne(pixels, table, destination);
        else if (order == PixelOrder.ChannelsFirst) LookPlanes(pixels, table, destination);
        else if (Shape.Channels == 3) LookThree(pixels, table, destination);
        else LookPixels(pixels, table, destination);
    }

    private static void LookOne<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
    {
        ReadOnlySpan<T> values = table[..256];
        destination = destination[..pixels.Length];
        for (int i = 0; i < pixels.Length; i++) destination[i] = values[pixels[i]];
    }

    // The general case below, written out for colour pictures.
    private static void LookThree<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
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

    private void LookPixels<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
    {
        for (int i = 0; i < pixels.Length; i += Shape.Channels)
            for (int c = 0; c < Shape.Channels; c++)
                destination[i + c] = table[c * 256 + pixels[i + c]];
    }

    private void LookPlanes<T>(ReadOnlySpan<byte> pixels, ReadOnlySpan<T> table, Span<T> destination) where T : unmanaged
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
    private void Gather<T>(ReadOnlySpan<int> examples, float[] floats, PixelOrder order, Span<T> destination, Func<float, T> convert)
    {
        int area = Shape.Height * Shape.Width, channels = Shape.Channels;
        (int pixelStride, int channelStride) = order == PixelOrder.ChannelsLast ? (channels, 1) : (1, area);
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
