namespace Sharpless.Pruning;

/// <summary>The forms of <see cref="PruneScope"/>.</summary>
public enum PruneScopeKind
{
    /// <summary>Weights of one layer compete.</summary>
    Layer,
    /// <summary>Weights of all layers compete.</summary>
    Global,
    /// <summary>Output channels of one layer compete.</summary>
    Channel,
    /// <summary>Neighbours along the inputs of one output compete, M at a time.</summary>
    NM,
}
