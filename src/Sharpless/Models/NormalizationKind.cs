namespace Sharpless.Models;

/// <summary>What a model normalizes its activations with.</summary>
internal enum NormalizationKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Batch norm, whose statistics are those of a batch.</summary>
    Batch,

    /// <summary>Group or layer norm, within each example.</summary>
    Example,
}
