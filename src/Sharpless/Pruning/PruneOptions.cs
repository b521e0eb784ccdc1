namespace Sharpless.Pruning;

/// <summary>How weights are chosen for pruning by their magnitude.</summary>
public sealed record PruneOptions
{
    /// <summary>Amount where none is given: that of the published exercise.</summary>
    public const double DefaultAmount = 0.5;

    /// <summary>What competes with what. Default: the weights of each layer.</summary>
    public PruneScope Scope { get; init; } = PruneScope.Layer;

    /// <summary>Share to prune, from 0 to 1; null for <see cref="DefaultAmount"/>. With N:M it must be null, since N and M say it.</summary>
    public double? Amount { get; init; }

    /// <summary>Tensors to leave alone: names of tensors or of their layers, with <c>*</c> for any text and <c>?</c> for any character. Default: none.</summary>
    public IReadOnlyList<string> Exempt { get; init; } = [];

    /// <summary>
    /// Whether every floating-point tensor whose name contains <c>weight</c> is pruned, the scales of batch norms too, as the published exercise
    /// does. Default: no.
    /// </summary>
    public bool IncludeNorms { get; init; }

    /// <summary><see cref="Amount"/>, or its default.</summary>
    internal double Share => Amount ?? DefaultAmount;

    /// <summary>What is wrong with these options, one sentence each; nothing where they are right.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(Share is >= 0 and <= 1)) yield return FormattableString.Invariant($"The amount is {Share}; it must be from 0 to 1.");
        if (Amount is not null && Scope.Kind == PruneScopeKind.NM) yield return $"An amount does not go with the scope {Scope}, which says itself how much is pruned.";
        if (IncludeNorms && Scope.Kind is PruneScopeKind.Channel or PruneScopeKind.NM) yield return $"The scope {Scope} cannot prune the scales of batch norms by themselves; layer and global can.";
    }
}
