namespace Sharpless.Pretrained;

/// <summary>What a published image network is made of; a <see cref="Checkpoint"/> infers it from its tensors.</summary>
public sealed record EncoderForm
{
    // The root of a residual stem halves the image twice: by a convolution and by a pooling.
    private const int RootStride = 4;

    internal const double UsualEpsilon = 1e-6;

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

    /// <summary>Whether a class token comes before the patches; then it is what the head reads (unless <see cref="NormalizesMean"/>), else their mean.</summary>
    public bool HasClassToken { get; init; }

    /// <summary>Register tokens (arXiv:2309.16588) between the class token and the patches; 0 for none. No head reads them.</summary>
    public int Registers { get; init; }

    /// <summary>Which tokens a position is added to.</summary>
    public PositionScope Positions { get; init; }

    /// <summary>Whether the embedding of the patches has a bias. Default true.</summary>
    public bool HasEmbeddingBias { get; init; } = true;

    /// <summary>Whether the tokens are normalized before the first block, as in CLIP (arXiv:2103.00020).</summary>
    public bool NormalizesInput { get; init; }

    /// <summary>Whether queries and keys are normalized, head by head (arXiv:2302.05442).</summary>
    public bool NormalizesQueries { get; init; }

    /// <summary>Whether what attention and MLP add is multiplied by a vector first: LayerScale (arXiv:2103.17239).</summary>
    public bool ScalesBranches { get; init; }

    /// <summary>Whether the head reads the normalized mean of the patches (timm's <c>fc_norm</c>) in place of a normalized class token or the mean of normalized patches.</summary>
    public bool NormalizesMean { get; init; }

    /// <summary>Added to the variance by the layer norms. Default 1e-6.</summary>
    public double NormEpsilon { get; init; } = UsualEpsilon;

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
    public int Tokens => Prefix + (Grid * Grid);

    /// <summary>Tokens before the patches: class token and registers.</summary>
    internal int Prefix => (HasClassToken ? 1 : 0) + Registers;

    /// <summary>Tokens before the patches that a position is added to.</summary>
    internal int PositionedPrefix => Positions switch
    {
        PositionScope.AllTokens => Prefix,
        PositionScope.ClassTokenAndPatches => Prefix - Registers,
        PositionScope.Patches => 0,
        _ => throw new InvalidOperationException($"Bug in Sharpless: {Positions} is no scope of positions."),
    };

    /// <summary>Whether the head reads a mean of patches, and no class token.</summary>
    internal bool ReadsMean => !HasClassToken || NormalizesMean;
}
