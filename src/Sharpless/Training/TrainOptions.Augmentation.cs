using System.Text.Json.Serialization;
using Sharpless.Data;
using Sharpless.Data.Augmentation;

namespace Sharpless.Training;

// How training examples are varied, and made wrong.
public sealed partial record TrainOptions
{
    /// <summary>Whether augmentation is off. Default no.</summary>
    [JsonPropertyName("no-data-augm")]
    public bool NoAugmentation { get; init; }

    /// <summary>Whether RandAugment comes before crop and flip. Default no.</summary>
    [JsonPropertyName("randaug")]
    public bool RandAugments { get; init; }

    /// <summary>Ranges of RandAugment. Default as published.</summary>
    [JsonPropertyName("randaug-scale")]
    public RandAugmentScale RandAugmentScale { get; init; }

    /// <summary>Whether each batch holds two augmentations of its examples, which doubles it. Default no.</summary>
    [JsonPropertyName("repeated-aug")]
    public bool RepeatedAugmentation { get; init; }

    /// <summary>Parameter alpha of mixup; 0 for none. Default 0.</summary>
    [JsonPropertyName("mixup-p")]
    public double MixupAlpha { get; init; }

    /// <summary>Share of the training examples that get a wrong label. Default 0.</summary>
    [JsonPropertyName("p-label-noise")]
    public double LabelNoiseShare { get; init; }

    /// <summary>How the wrong label is chosen. Default symmetric.</summary>
    [JsonPropertyName("noise-type")]
    public LabelNoiseKind LabelNoiseKind { get; init; }

    internal RandAugment? RandAugmentation => RandAugments ? new RandAugment(RandAugmentScale) : null;

    internal LabelNoise? Noise => LabelNoiseShare > 0 ? new LabelNoise(LabelNoiseShare, LabelNoiseKind) : null;

    private IEnumerable<string> AugmentationProblems()
    {
        if (RandAugments && NoAugmentation) yield return "--randaug and --no-data-augm contradict each other; leave one out.";
        if (RepeatedAugmentation && NoAugmentation) yield return "--repeated-aug with --no-data-augm would show every example twice as it is; leave one out.";
        if (!(MixupAlpha >= 0 && double.IsFinite(MixupAlpha))) yield return $"--mixup-p is {MixupAlpha}; it must be finite and 0 or more.";
        if (!(LabelNoiseShare >= 0 && LabelNoiseShare <= 1)) yield return $"--p-label-noise is {LabelNoiseShare}; it must be from 0 to 1.";
    }
}
