namespace Sharpless.Data;

/// <summary>How the values of a batch of shape [B, C, H, W] lie in memory.</summary>
public enum PixelOrder
{
    /// <summary>The channels of a pixel side by side, as [B, H, W, C]: the faster one for convolutions.</summary>
    ChannelsLast,

    /// <summary>Plane by plane, as [B, C, H, W].</summary>
    ChannelsFirst,
}
