namespace Sharpless.Data.Sources;

/// <summary>In which order the dimensions of an array of images lie.</summary>
internal sealed class NpzLayout
{
    private readonly int _channels, _height, _width;

    private NpzLayout(int channels, int height, int width) => (_channels, _height, _width) = (channels, height, width);

    /// <summary>[N, C, H, W], as PyTorch has it.</summary>
    public static NpzLayout ChannelsFirst { get; } = new(1, 2, 3);

    /// <summary>[N, H, W, C], as TensorFlow, Keras and picture libraries have it.</summary>
    public static NpzLayout ChannelsLast { get; } = new(3, 1, 2);

    /// <summary>How a data set with images in an order that the user said is named; null where its shape is to tell.</summary>
    public static string PrefixOf(NpzLayout? layout) => layout is null ? "npz:" : layout == ChannelsFirst ? "npz-nchw:" : "npz-nhwc:";

    /// <summary>
    /// The order that a shape tells. Up to four channels in second place are channels. A square followed by 1, 3 or 4 is a square picture with that
    /// many channels at the end; one that is not square could as well be many channels of a signal that is 1, 3 or 4 wide.
    /// </summary>
    /// <param name="shape">Four lengths.</param>
    /// <returns>Null where both are likely.</returns>
    public static NpzLayout? Of(IReadOnlyList<long> shape)
    {
        if (shape[1] <= 4 || shape[3] is not (1 or 3 or 4)) return ChannelsFirst;
        return shape[1] == shape[2] ? ChannelsLast : null;
    }

    /// <summary>Shape of every image of an array.</summary>
    public ImageShape ShapeOf(IReadOnlyList<long> shape) => new((int)shape[_channels], (int)shape[_height], (int)shape[_width]);
}
