using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>The training that went with a pruning in several steps.</summary>
/// <param name="Schedule">Name of the schedule.</param>
/// <param name="Rounds">How many trainings.</param>
/// <param name="Folder">Where they left their files.</param>
/// <param name="LastRun">Folder of the last one.</param>
/// <param name="Result">Its result.</param>
internal sealed record PruneTraining(string Schedule, int Rounds, string Folder, string LastRun, TrainResult Result)
{
    internal Dictionary<string, object?> ToDocument() => new() { ["name"] = Schedule, ["rounds"] = Rounds, ["folder"] = Folder, ["final"] = Result.Final };
}
