using Sharpless.Torch.Files;

namespace Sharpless.Pretrained;

/// <summary>How a checkpoint is read.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Attention heads of a file that does not tell them (timm's names); null for the usual number, one for each 64 of the width.</summary>
    public int? Heads { get; init; }

    /// <summary>
    /// Activation of the hidden layers; null for what networks with such names have: <see cref="GeluForm.Tanh"/> with published names, <see cref="GeluForm.Exact"/> with
    /// timm's. Networks that normalize their input (CLIP) exist with two, so it must be given for them.
    /// </summary>
    public GeluForm? Gelu { get; init; }

    /// <summary>Whether the head is read, where there is one. Default true.</summary>
    public bool ReadsHead { get; init; } = true;

    /// <summary>Limits of the file's reader.</summary>
    public ArrayFileOptions Limits { get; init; } = new();
}
