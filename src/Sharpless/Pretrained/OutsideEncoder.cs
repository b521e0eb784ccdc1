using System.Text.RegularExpressions;

namespace Sharpless.Pretrained;

/// <summary>Which tensors of a checkpoint are no part of the encoder, and why others cannot be left out.</summary>
internal static partial class OutsideEncoder
{
    // Above the encoder: heads, and what only pretraining uses. Beside it: what training leaves.
    private static readonly string[] Heads = ["head", "head_dist", "fc", "classifier", "pre_logits", "attn_pool", "MAPHead_0"];
    private static readonly string[] Pretraining = ["mask_token"];
    private static readonly string[] Training =
    [
        "optimizer", "optimizer_state", "optim", "opt", "opt_state", "lr_scheduler", "scheduler", "scaler", "epoch", "step", "global_step", "iteration", "chrono", "extra", "rng",
    ];

    private static readonly (string Pattern, string Meaning)[] Known =
    [
        ("rel_pos|relative_position", "relative positions"),
        ("rope|freqs|rotary", "rotary positions"),
        (@"mlp\.(w1|w2|w3|w12|fc1_g|fc1_x|gate)", "a gated MLP (SwiGLU)"),
        (@"[qv]_bias$", "biases of queries and values alone"),
        (@"(attn|mlp)\.norm\.", "a normalization inside attention or MLP"),
        ("attn.gate", "gated attention"),
        ("dist_token", "a distillation token"),
        (@"^norm\.|^fc_norm\.|encoder_norm", "a second normalization at the end"),
        ("LayerScale|gamma", "LayerScale"),
    ];

    /// <summary>Whether a tensor is above or beside the encoder.</summary>
    /// <param name="name">Its name in the file, without a prefix of all.</param>
    internal static bool Is(string name)
    {
        string first = First(name);
        return IsHead(name) || IsTraining(name) || Pretraining.Contains(first) || first.StartsWith("decoder", StringComparison.Ordinal);
    }

    /// <summary>Whether it belongs to the head.</summary>
    /// <inheritdoc cref="Is"/>
    internal static bool IsHead(string name) => Heads.Contains(First(name));

    /// <summary>Whether it is what training leaves beside a network: the state of an optimizer, a counter.</summary>
    /// <inheritdoc cref="Is"/>
    internal static bool IsTraining(string name) => Training.Contains(First(name));

    /// <summary>What an unknown part probably is; null where that is unknown too.</summary>
    /// <inheritdoc cref="Is"/>
    internal static string? Meaning(string name) => Known.Where(part => Regex.IsMatch(name, part.Pattern)).Select(part => part.Meaning).FirstOrDefault();

    private static string First(string name) => Separator().Split(name, 2)[0];

    [GeneratedRegex("[./]")]
    private static partial Regex Separator();
}
