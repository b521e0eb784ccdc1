using Sharpless.Analysis;

namespace Sharpless.Pretrained;

/// <summary>What was measured of a published network.</summary>
public sealed record PretrainedRankResult
{
    /// <summary>The network; null where it is not one of the published families.</summary>
    public required EncoderForm? Form { get; init; }

    /// <summary>The format of a network that is not one of the published families.</summary>
    public string Kind { get; init; } = "";

    /// <summary>N, the images that were looked at.</summary>
    public required long Examples { get; init; }

    /// <summary>Images that could not be decoded and were left out.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>Tensors of the file that are no part of the encoder: <see cref="Checkpoint.PassedOver"/>.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>What stands for an image, such as "token 0".</summary>
    public required string Tokens { get; init; }

    /// <summary>Spectra by tap, from the input to the output.</summary>
    public required IReadOnlyList<(string Tap, FeatureSpectrum Spectrum)> Taps { get; init; }

    /// <summary>Share of right answers, 0 to 1; null where there is no head, or the folders do not tell the classes.</summary>
    public required double? Accuracy { get; init; }
}
