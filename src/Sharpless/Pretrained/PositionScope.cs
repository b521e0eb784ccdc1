namespace Sharpless.Pretrained;

/// <summary>Which tokens of a vision transformer a position is added to.</summary>
public enum PositionScope
{
    /// <summary>All of them: class token, registers and patches.</summary>
    AllTokens,
    /// <summary>Class token and patches, not the registers: DINOv2's own files (arXiv:2309.16588).</summary>
    ClassTokenAndPatches,
    /// <summary>Patches alone: DeiT III (arXiv:2204.07118), newer networks of big_vision, most of timm's with registers.</summary>
    Patches,
}
