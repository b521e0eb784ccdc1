using Sharpless.Training;

namespace Sharpless.Cli.Report.Contrastive;

/// <summary>An image-text run, and what was measured of it for the report.</summary>
/// <param name="Run">The run.</param>
/// <param name="Layers">What its layers look like; null where they could not be measured.</param>
internal sealed record ContrastiveRecord(RunRecord Run, LayerMeasurement? Layers)
{
    /// <summary>Options that are compared across runs.</summary>
    public const string RhoOption = "rho", BottleneckOption = "bottleneck-dim";

    /// <summary>Radius of SAM.</summary>
    public double Rho => Run.Configuration.Number(RhoOption) ?? 0;

    /// <summary>Units of the linear bottleneck in each head; infinite where there is none.</summary>
    public double Bottleneck => Run.Configuration.Number(BottleneckOption) is > 0 and { } units ? units : double.PositiveInfinity;

    /// <summary>Final value of a quantity, of the run's own columns or of <see cref="Layers"/>; null where it was not measured.</summary>
    public double? Value(string column) => Run.Latest(column) ?? (Layers?.Values.TryGetValue(column, out double value) == true ? value : null);
}
