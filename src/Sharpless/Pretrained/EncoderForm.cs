namespace Sharpless.Pretrained;

/// <summary>What a published image network is made of; a <see cref="Checkpoint"/> infers it from its tensors.</summary>
public sealed record EncoderForm
{
    // The root of a residual stem halves the image twice: by a convolution and by a pooling.
    private const int RootStride = 4;

    /// <summary>Family.</summary>
    public required EncoderKind Kind { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>D, the width of the tokens.</summary>
    public required int Width { get; init; }

    /// <summary>Attention heads, which share D evenly; 0 for a Mixer.</summary>
    public int Heads { get; init; }

    /// <summary>M, units of the hidden layer of each block (of a Mixer: of the one over channels).</summary>
    public required int Hidden { get; init; }

    /// <summary>Units of the hidden layer over tokens, of a Mixer only; else 0.</summary>
    public int TokenHidden { get; init; }

    /// <summary>Height and width of the embedding's kernel, on the pixels or on what the stem makes of them.</summary>
    public required int Patch { get; init; }

    /// <summary>Rows and columns of patches: without the class token there are Grid² tokens.</summary>
    public required int Grid { get; init; }

    /// <summary>Whether a class token comes before the patches; then it is what the head reads, else their mean.</summary>
    public bool HasClassToken { get; init; }

    /// <summary>Channels of the root convolution of a hybrid; 0 where there is no stem.</summary>
    public int StemWidth { get; init; }

    /// <summary>Residual units in each stage of the stem; empty where the root is all of it.</summary>
    public IReadOnlyList<int> StemUnits { get; init; } = [];

    /// <summary>Units of the tanh layer before the head (<c>pre_logits</c>); 0 for none.</summary>
    public int Representation { get; init; }

    /// <summary>K, outputs of the head; 0 for none.</summary>
    public int Classes { get; init; }

    /// <summary>Activation of the hidden layers.</summary>
    public GeluForm Gelu { get; init; }

    /// <summary>Pixels of the input for each step from token to token.</summary>
    public int Stride => Patch * (StemWidth == 0 ? 1 : RootStride << Math.Max(0, StemUnits.Count - 1));

    /// <summary>R: images are R x R.</summary>
    public int ImageSize => Grid * Stride;

    /// <summary>T, the number of tokens.</summary>
    public int Tokens => (Grid * Grid) + (HasClassToken ? 1 : 0);
}
