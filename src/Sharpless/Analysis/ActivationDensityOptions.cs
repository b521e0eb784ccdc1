namespace Sharpless.Analysis;

/// <summary>How units that say the same are told from others.</summary>
public sealed record ActivationDensityOptions
{
    /// <summary>Units whose correlation is above this, in absolute value, count as one; 1 or more switches that off. Default 0.95, as published.</summary>
    public double CorrelationThreshold { get; init; } = 0.95;

    /// <summary>Where there are more units than this, so many drawn at random stand for all. Default 1,000, as published.</summary>
    public int SampledUnits { get; init; } = 1000;

    /// <summary>Seed of that draw. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Every problem with these options; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(CorrelationThreshold >= 0)) yield return $"CorrelationThreshold is {CorrelationThreshold}; it must be 0 or more.";
        if (SampledUnits < 1) yield return $"SampledUnits is {SampledUnits}; it must be 1 or more.";
    }
}
