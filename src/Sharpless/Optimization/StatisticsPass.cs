namespace Sharpless.Optimization;

/// <summary>In which of SAM's two passes batch norm moves its running statistics. Both passes normalize with those of the batch.</summary>
public enum StatisticsPass
{
    /// <summary>At w only: the statistics describe the weights that are kept.</summary>
    First,
    /// <summary>At w + ε(w) only.</summary>
    Second,
    /// <summary>In both, as the published training does.</summary>
    Both,
}
