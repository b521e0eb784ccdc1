namespace Sharpless.Contrastive;

/// <summary>Values that the pixels of a picture have when they reach the image encoder.</summary>
public enum PixelRange
{
    /// <summary>-1 to 1, as the published image networks were trained with.</summary>
    Symmetric,
    /// <summary>0 to 1, as the published contrastive training has it.</summary>
    Unit,
}
