namespace Sharpless.Torch;

/// <summary>Order of a tensor's elements in memory. The values are those of libtorch's <c>c10::MemoryFormat</c>.</summary>
public enum MemoryFormat
{
    /// <summary>Row-major in the order of the dimensions.</summary>
    Contiguous = 0,
    /// <summary>As the tensor has it.</summary>
    Preserve = 1,
    /// <summary>[B, C, H, W] with the channels of one pixel side by side.</summary>
    ChannelsLast = 2,
}
