namespace Sharpless.Pretrained;

/// <summary>Families of published image networks.</summary>
public enum EncoderKind
{
    /// <summary>Vision transformer on patches of pixels (arXiv:2010.11929).</summary>
    Vit,
    /// <summary>Vision transformer on the outputs of a residual network or of its first layers (arXiv:2010.11929, section 3.1).</summary>
    Hybrid,
    /// <summary>MLP-Mixer (arXiv:2105.01601).</summary>
    Mixer,
}
