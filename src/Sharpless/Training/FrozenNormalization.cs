using System.Text.Json.Serialization;

namespace Sharpless.Training;

/// <summary>What batch norm normalizes with in training while its running statistics are frozen.</summary>
public enum FrozenNormalization
{
    /// <summary>The running statistics, as published: mean 0 and variance 1 in a run that starts from drawn weights.</summary>
    [JsonStringEnumMemberName("running")]
    Running,
    /// <summary>Those of each batch; the running ones keep what they were, and evaluations use them. For runs that start from given weights.</summary>
    [JsonStringEnumMemberName("batch")]
    Batch,
}
