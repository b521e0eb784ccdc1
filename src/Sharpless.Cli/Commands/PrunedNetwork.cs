using Sharpless.Pruning;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless prune</c> did, to be told.</summary>
/// <param name="Network">What it was given.</param>
/// <param name="Options">How it pruned.</param>
/// <param name="Result">What it chose.</param>
/// <param name="Shrunk">The network without its pruned channels; null where they are zeros.</param>
/// <param name="Summary">Zeros of the network that was written.</param>
/// <param name="Output">The weight file that was written; null for none.</param>
internal sealed record PrunedNetwork(StoredNetwork Network, PruneOptions Options, PruneResult Result, ShrunkNetwork? Shrunk, PruneSummary Summary, string? Output)
{
    /// <summary>The file of the mask; null for none.</summary>
    internal string? Mask => Output is null ? null : MaskFile.PathFor(Output);

    /// <summary>The packed weight file that was written; null for none.</summary>
    internal string? Packed { get; init; }

    /// <summary>Whether batch norm's statistics were measured anew.</summary>
    internal bool IsReestimated { get; init; }

    /// <summary>The training that went with it; null for one shot.</summary>
    internal PruneTraining? Training { get; init; }

    /// <summary>What it buys; null where that was not measured.</summary>
    internal PruneCost? Cost { get; init; }

    /// <summary>The JSON document that scripts rely on.</summary>
    internal Dictionary<string, object?> ToDocument() => new()
    {
        ["zeros"] = Summary.Zeros,
        ["parameters"] = Summary.Parameters,
        ["sparsity"] = Summary.Sparsity,
        ["tensors"] = Summary.Tensors,
        ["exempt"] = Summary.Exempt,
        ["left_whole"] = Summary.LeftWhole,
        ["scope"] = Options.Scope.ToString(),
        ["amount"] = Options.Scope.Kind == PruneScopeKind.NM ? null : Options.Amount ?? PruneOptions.DefaultAmount,
        ["model"] = Network.Model?.Name,
        ["norms_unknown"] = Result.NormsUnknown,
        ["removed_channels"] = Shrunk?.Removed,
        ["not_removable"] = Shrunk?.NotRemovable,
        ["out"] = Output,
        ["mask"] = Mask,
        ["packed"] = Packed,
        ["bn_reestimated"] = IsReestimated,
        ["schedule"] = Training?.ToDocument(),
        ["cost"] = Cost?.ToDocument(),
    };
}
