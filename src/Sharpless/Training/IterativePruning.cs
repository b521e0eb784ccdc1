using System.Text.Json;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;

namespace Sharpless.Training;

/// <summary>
/// Iterative magnitude pruning: prune a share of what is left, put the surviving weights back to earlier values, train again; round after round
/// (arXiv:1803.03635; to weights of early training arXiv:1912.05671). Without putting back it is learning-rate rewinding (arXiv:2003.02389): the weights stay, the schedule of the learning rate starts again.
/// </summary>
/// <remarks>
/// Every round is a training run in a folder of its own, which survives being killed as any run does; so the whole does too.
/// </remarks>
public sealed record IterativePruning
{
    private const string MaskName = "mask-hash";

    /// <summary>The training of each round: epochs, learning rate, optimizer, data. Where it starts is set for each round.</summary>
    public required TrainOptions Training { get; init; }

    /// <summary>What is pruned, and how much of it after the last round.</summary>
    public required PruneOptions Pruning { get; init; }

    /// <summary>R, 1 or more.</summary>
    public required int Rounds { get; init; }

    /// <summary>Values that the surviving weights, and batch norm's statistics, go back to before each training, by name; null to go on with those that they have. Borrowed.</summary>
    public IReadOnlyDictionary<string, Tensor>? Rewind { get; init; }

    /// <summary>Where <see cref="Rewind"/> comes from, for the record and for telling a resumed pruning from another one.</summary>
    public string RewindName { get; init; } = "none";

    /// <summary>Every problem that can be told without the data; empty if there is none.</summary>
    public IEnumerable<string> Problems()
    {
        if (Rounds < 1) yield return $"--rounds is {Rounds}; it must be 1 or more.";
        if (Pruning.Scope.Kind == PruneScopeKind.NM) yield return $"The scope {Pruning.Scope} says itself how much is pruned, so there are no rounds to it.";
        foreach (string problem in Pruning.Problems().Concat(Training.Problems())) yield return problem;
    }

    /// <summary>Runs, or goes on, to the end of the last round.</summary>
    /// <param name="trained">The trained network to begin with, borrowed.</param>
    /// <param name="groups">What belongs to its channels (<see cref="Classifier.ChannelGroups"/>).</param>
    /// <param name="place">Its folder takes <c>prune.json</c>, the start of each round and a run folder for each.</param>
    /// <param name="progress">Told the round, from 1, after every step; null for nobody.</param>
    /// <param name="cancel">Ends after the step under way, with a checkpoint.</param>
    /// <returns>The result of the last round; its folder holds the weights and their mask.</returns>
    /// <exception cref="UsageException">Something given cannot be used; told before work begins.</exception>
    /// <exception cref="FailureException">Training diverged.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the same with <see cref="TrainPlace.Resumes"/> goes on.</exception>
    public TrainResult Run(StoredWeights trained, IReadOnlyList<ChannelGroup> groups, TrainPlace place, Action<int, TrainProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(trained);
        ArgumentNullException.ThrowIfNull(place);
        if (Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless prune --help.");
        RequireRewindFits(trained.Tensors);
        TakeFolder(place, trained);
        TrainResult? result = null;
        for (int round = 1; round <= Rounds; round++)
        {
            using var scope = NewDisposeScope();
            string start = Path.Combine(place.Folder, $"round-{round}.start.safetensors"), run = Path.Combine(place.Folder, $"round-{round}");
            if (!IsWhole(start)) WriteStart(start, round, round == 1 ? trained : WeightFile.Load(WeightsOf(place.Folder, round - 1)), groups);
            TrainOptions options = Training with { InitialWeights = start, Mask = MaskSource.File };
            int here = round;
            result = Trainer.Run(options, place with { Folder = run, Warn = round == 1 ? place.Warn : null }, progress is null ? null : step => progress(here, step), cancel);
            if (result.Divergence is { } problem) throw new FailureException($"Round {round} of {Rounds}: {problem}", $"A smaller --lr-max or --sam-rho helps. Its files are in {run}.");
        }

        return result!;
    }

    /// <summary>The state that a training began with: drawn from its seed, or the weights that it was given.</summary>
    /// <param name="training">The run.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <returns>Tensors by name, owned by the caller.</returns>
    public static IReadOnlyDictionary<string, Tensor> FirstWeights(TrainOptions training, string? dataFolder)
    {
        ArgumentNullException.ThrowIfNull(training);
        return ModuleState.Of(InitialModel.Create(training, DataSets.Load(training.DataSet, DataFolder.Resolve(dataFolder))).Model).ToDictionary(item => item.Name, item => item.Tensor);
    }

    /// <summary>The weights after a round.</summary>
    /// <param name="folder">Folder of the pruning.</param>
    /// <param name="round">From 1.</param>
    public static string WeightsOf(string folder, int round) => Path.Combine(folder, $"round-{round}", "weights.safetensors");

    private void WriteStart(string path, int round, StoredWeights before, IReadOnlyList<ChannelGroup> groups)
    {
        PruneOptions options = Pruning with { Amount = PruneSchedule.Iterative(Pruning.Share, round, Rounds) };
        IReadOnlyDictionary<string, Tensor> live = Pruner.Masks(before.Tensors, options, groups, before.Live).Live;
        IReadOnlyDictionary<string, Tensor> start = Pruner.Apply(Rewind ?? before.Tensors, live);
        // The mask first: where the weights are there, it is too.
        MaskFile.Write(MaskFile.PathFor(path), live);
        SealedFile.Write(path, [.. Named(start, "")], new Dictionary<string, string>(before.Metadata) { [MaskName] = ContentHash.OfFile(MaskFile.PathFor(path)) });
    }

    // One that was damaged is written again, from the same weights to the same bytes.
    private static bool IsWhole(string start)
    {
        if (!File.Exists(start) || !File.Exists(MaskFile.PathFor(start))) return false;
        try
        {
            using var scope = NewDisposeScope();
            using ArrayFile file = ArrayFile.Open(start);
            SealedFile.Read(file);
            return SealedFile.Text(file, MaskName) == ContentHash.OfFile(MaskFile.PathFor(start));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Named(IReadOnlyDictionary<string, Tensor> tensors, string prefix) => tensors.Select(item => (prefix + item.Key, item.Value));

    private void RequireRewindFits(IReadOnlyDictionary<string, Tensor> trained)
    {
        if (Rewind is null) return;
        foreach ((string name, Tensor tensor) in trained)
        {
            if (Rewind.TryGetValue(name, out Tensor? earlier) ? earlier.shape.AsSpan().SequenceEqual(tensor.shape) : name.EndsWith("num_batches_tracked", StringComparison.Ordinal)) continue;
            throw new UsageException(
                $"The weights to go back to ({RewindName}) have {(earlier is null ? "no" : "another")} '{name}'{(earlier is null ? "" : $": {earlier.Text}, not {tensor.Text}")}.",
                "Name earlier weights of the same network with --rewind, or --rewind none.");
        }
    }

    // A folder that was begun with other settings is refused: its finished rounds would pass for rounds of this pruning.
    private void TakeFolder(TrainPlace place, StoredWeights trained)
    {
        string plan = Path.Combine(place.Folder, "prune.json"), text = Plan(trained);
        if (!File.Exists(plan) && Directory.Exists(place.Folder) && Directory.EnumerateFileSystemEntries(place.Folder).FirstOrDefault(entry => !entry.EndsWith(AtomicFile.PartEnding, StringComparison.Ordinal)) is string foreign)
        {
            throw new UsageException($"The folder '{place.Folder}' is not empty and holds no pruning (it holds '{Path.GetFileName(foreign)}').", "Name another file with --out, or move the folder away.");
        }

        if (!File.Exists(plan))
        {
            Directory.CreateDirectory(place.Folder);
            AtomicFile.WriteAllText(plan, text);
            return;
        }

        if (InputFile.ReadAllText(plan) != text) throw new UsageException($"The folder '{place.Folder}' holds a pruning with other settings (prune.json in it says which).", "Give the options of that one, name another file with --out, or remove the folder.");
        if (!place.Resumes) throw new UsageException($"The folder '{place.Folder}' already holds this pruning.", "Add --resume to go on with it, name another file with --out, or remove the folder.");
    }

    private string Plan(StoredWeights trained) => JsonSerializer.Serialize(
        new Dictionary<string, object>
        {
            ["schedule"] = "iterative", ["rounds"] = Rounds, ["amount"] = Pruning.Share, ["scope"] = $"{Pruning.Scope}", ["exempt"] = Pruning.Exempt, ["rewind"] = RewindName, ["training"] = Training.WithFullPaths(),
            ["given"] = SealedFile.Hash([.. Named(trained.Tensors, ""), .. Named(trained.Live, "live/"), .. Named(Rewind ?? new Dictionary<string, Tensor>(), "rewind/")]),
        },
        RunConfiguration.Json) + "\n";
}
