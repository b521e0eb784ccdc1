namespace Sharpless.Cli.Commands;

/// <summary>Progress of one of several equal parts of a work, told as progress of the whole.</summary>
internal sealed class PartOfProgress(IProgress<double> whole, int part, int parts) : IProgress<double>
{
    /// <inheritdoc/>
    public void Report(double value) => whole.Report((part + value) / parts);
}
