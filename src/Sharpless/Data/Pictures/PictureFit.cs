namespace Sharpless.Data.Pictures;

/// <summary>What happens to a picture that has other proportions than it is to have.</summary>
public enum PictureFit
{
    /// <summary>All of it is squashed to the size asked for.</summary>
    Squash,
    /// <summary>As much as has the proportions asked for is cut out of its middle: the shorter side fits, the longer one loses at both ends.</summary>
    Crop,
}
