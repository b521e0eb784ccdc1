namespace Sharpless.Analysis;

/// <summary>How features at taps are analysed.</summary>
public sealed record TapAnalysisOptions
{
    /// <summary>What is subtracted before the singular values are taken. Default: the mean of each example, as published.</summary>
    public Centering Centering { get; init; } = Centering.Example;

    /// <summary>Number of neighbours that vote. Default 10, as published.</summary>
    public int K { get; init; } = 10;

    /// <summary>Bytes of features that may be kept in memory, over all taps; what is beyond goes to temporary files. Default 4 GB.</summary>
    public long FeatureMemory { get; init; } = 4L << 30;

    /// <summary>Folder of the temporary files, which have no name and vanish with the process. Default: the system's.</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();
}
