using System.Text.Json.Serialization;
using Sharpless.Optimization.Variants;

namespace Sharpless.Training;

/// <summary>Relatives of SAM that the command line knows.</summary>
public enum SamVariantKind
{
    /// <summary><see cref="Optimization.Sam"/>.</summary>
    [JsonStringEnumMemberName("sam")]
    Sam,
    /// <summary><see cref="AdaptiveSam"/> as its published code has it: biases are not scaled.</summary>
    [JsonStringEnumMemberName("asam")]
    Asam,
    /// <summary><see cref="AdaptiveSam"/> with all parameters scaled, as its paper says.</summary>
    [JsonStringEnumMemberName("asam-all")]
    AsamAll,
    /// <summary><see cref="SurrogateGapSam"/>.</summary>
    [JsonStringEnumMemberName("gsam")]
    Gsam,
    /// <summary><see cref="Optimization.Variants.LookSam"/>.</summary>
    [JsonStringEnumMemberName("looksam")]
    LookSam,
    /// <summary><see cref="FriendlySam"/>.</summary>
    [JsonStringEnumMemberName("friendly")]
    Friendly,
    /// <summary><see cref="NormLayerSam"/>.</summary>
    [JsonStringEnumMemberName("norm-layers")]
    NormLayers,
    /// <summary><see cref="GradientNormSam"/>.</summary>
    [JsonStringEnumMemberName("gradient-norm")]
    GradientNorm,
    /// <summary><see cref="RandomPerturbation"/>.</summary>
    [JsonStringEnumMemberName("random")]
    Random,
}
