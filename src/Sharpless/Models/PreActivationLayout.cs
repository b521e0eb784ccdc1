using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>One stage of a residual network: blocks of one width, of which the first may take every other pixel only.</summary>
/// <param name="Name">What the names of its modules begin with.</param>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="Outputs">Channels of their outputs.</param>
/// <param name="Stride">Stride of the first block.</param>
public sealed record ResidualStage(string Name, int Blocks, int Outputs, int Stride);

/// <summary>Which pre-activation network it is: its stages, its normalization, and the names of its modules.</summary>
public sealed record PreActivationLayout
{
    /// <summary>Channels of the 3x3 stem.</summary>
    public required int Stem { get; init; }

    /// <summary>The stages after it.</summary>
    public required IReadOnlyList<ResidualStage> Stages { get; init; }

    /// <summary>Side of the windows of the pooling at the end; smaller maps are pooled whole.</summary>
    public required int Window { get; init; }

    /// <summary>Groups of the group normalization; null for batch norm.</summary>
    public int? Groups { get; init; }

    /// <summary>Whether for two classes the network computes one logit z and returns [0, z].</summary>
    public bool HasOneLogitForTwoClasses { get; init; }

    /// <summary>Name of the normalization after the last stage.</summary>
    public string NormName { get; init; } = "bn";

    /// <summary>Name of the linear head.</summary>
    public string HeadName { get; init; } = "linear";

    /// <summary>Name, inside a block, of the convolution in the shortcut.</summary>
    public string ShortcutName { get; init; } = "shortcut.0";

    /// <summary>
    /// The ResNets for small images of arXiv:2305.16292: four stages of widths w, 2w, 4w, 8w and strides 1, 2, 2, 2, pooled over 4x4 windows.
    /// </summary>
    /// <param name="width">w.</param>
    /// <param name="blocks">Blocks of each stage; 2, 2, 2, 2 is ResNet-18.</param>
    /// <param name="isGroupNormalized">Whether group normalization with w / 2 groups (w is even) takes the place of batch norm.</param>
    public static PreActivationLayout ResNet(int width, IReadOnlyList<int> blocks, bool isGroupNormalized = false)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return new()
        {
            Stem = width,
            Stages = [.. blocks.Select((count, stage) => new ResidualStage($"layer{stage + 1}.", count, width << stage, stage == 0 ? 1 : 2))],
            Window = 4,
            Groups = isGroupNormalized ? width / 2 : null,
            HasOneLogitForTwoClasses = true,
        };
    }

    /// <summary>
    /// Wide ResNet of depth 28 (arXiv:1605.07146): a stem of 16 channels, three stages of four blocks, widths 16k, 32k, 64k and strides 1, 2, 2, pooled over 8x8 windows.
    /// </summary>
    /// <param name="widening">k; 10 in the paper.</param>
    public static PreActivationLayout Wide28(int widening) => new()
    {
        Stem = 16,
        Stages = [.. Enumerable.Range(0, 3).Select(stage => new ResidualStage($"block{stage + 1}.layer.", 4, (16 * widening) << stage, stage == 0 ? 1 : 2))],
        Window = 8,
        NormName = "bn1",
        HeadName = "fc",
        ShortcutName = "convShortcut",
    };

    internal ChannelNorm NormOf(int channels) => Groups is int groups ? new GroupNorm(groups, channels) : new BatchNorm(channels);
}
