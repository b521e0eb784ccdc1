namespace Sharpless.Pretrained;

/// <summary>Where the activations of a block are read: <c>layer12.res</c> is the output of block 12, counted from 1.</summary>
public static class LayerTaps
{
    /// <summary>Input of the block.</summary>
    public const string Input = "preatt";

    /// <summary>What the attention (of a Mixer: the mixing of tokens) adds to it.</summary>
    public const string Attention = "att";

    /// <summary>Sum of both: the input of the MLP, before its normalization.</summary>
    public const string MlpInput = "premlp";

    /// <summary>Hidden layer of the MLP before its activation.</summary>
    public const string Preactivation = "preact";

    /// <summary>Hidden layer of the MLP after GELU.</summary>
    public const string Activation = "gelu";

    /// <summary>What the MLP adds.</summary>
    public const string Mlp = "mlp";

    /// <summary>Output of the block.</summary>
    public const string Output = "res";

    /// <summary>Every place, in the order of the computation.</summary>
    public static IReadOnlyList<string> Places { get; } = [Input, Attention, MlpInput, Preactivation, Activation, Mlp, Output];

    /// <summary>Name of a tap.</summary>
    /// <param name="layer">Number of the block, from 1.</param>
    /// <param name="place">One of <see cref="Places"/>.</param>
    public static string Name(int layer, string place) => $"layer{layer}.{place}";
}
