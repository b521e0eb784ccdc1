namespace Sharpless.Contrastive;

/// <summary>What the published contrastive training does by mistake and its published numbers come from; the right way is the default.</summary>
public enum PublishedQuirk
{
    /// <summary>The state of Adam is lost after each step: every step is w - learningRate * g / (|g| + ε), and the learning rate never decays.</summary>
    StatelessAdam,
    /// <summary>The image encoder gets pixels from 0 to 1, though it was trained on -1 to 1 (<see cref="PixelRange.Unit"/>).</summary>
    UnitPixels,
    /// <summary>Captions are tokenized as Python prints bytes: <c>b'A dog runs.'</c>.</summary>
    ByteCaptions,
    /// <summary>The mean over a text takes in its padding (<see cref="TokenPooling.All"/>).</summary>
    PoolPadding,
}
