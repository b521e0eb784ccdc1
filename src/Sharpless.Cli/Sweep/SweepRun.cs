using Sharpless.Training;

namespace Sharpless.Cli.Sweep;

/// <summary>A run of a sweep whose arguments were checked.</summary>
/// <param name="Point">Its place in the grid.</param>
/// <param name="Options">What its arguments mean.</param>
/// <param name="Folder">Its run folder.</param>
internal sealed record SweepRun(SweepPoint Point, TrainOptions Options, string Folder);
