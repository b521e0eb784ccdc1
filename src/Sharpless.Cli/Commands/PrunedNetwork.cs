using Sharpless.Pruning;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless prune</c> did, to be told.</summary>
/// <param name="Network">What it was given.</param>
/// <param name="Options">How it pruned.</param>
/// <param name="Result">What it chose.</param>
/// <param name="Shrunk">The network without its pruned channels; null where they are zeros.</param>
/// <param name="Summary">Zeros of the network that was written.</param>
/// <param name="Output">The file that was written.</param>
internal sealed record PrunedNetwork(StoredNetwork Network, PruneOptions Options, PruneResult Result, ShrunkNetwork? Shrunk, PruneSummary Summary, string Output)
{
    /// <summary>The file of the mask.</summary>
    internal string Mask => MaskFile.PathFor(Output);

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
    };
}
