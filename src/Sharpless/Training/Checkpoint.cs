using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// The whole state of a training run in one file: master weights, the mask, the vectors of optimizer and average, buffers,
/// the default random generator, <see cref="TrainState"/>, the metrics, which run it belongs to, and the hashes of the files
/// that the run has written. With it a run goes on to the same bits. Perturbations are never in it.
/// </summary>
/// <remarks>
/// A new checkpoint is written aside and read back before it takes its place, and the one before it is kept: damage to the
/// newest costs one interval. What is read is believed only where its hash is right and it belongs to this very run.
/// </remarks>
internal sealed class Checkpoint(
    RunFolder folder,
    RunIdentity run,
    MetricsLog metrics,
    nn.Module model,
    WeightSpace weights,
    params IReadOnlyDictionary<string, Tensor[]>[] vectors)
{
    private const int Format = 2;

    private const string GeneratorName = "generator", FormatName = "format", MetricsName = "metrics", FilesName = "files";

    private const string CommandName = "command", OptionsName = "options", GivenName = "given";

    // Whether the file that is the newest may become the one before it.
    private bool _newestIsWhole = File.Exists(folder.Checkpoint);

    internal void Save(TrainState state)
    {
        using var scope = NewDisposeScope();
        List<(string Name, Tensor Tensor)> tensors = [.. Contents(), (GeneratorName, Generator.DefaultState())];
        var metadata = new Dictionary<string, string>(state.ToMetadata())
        {
            [FormatName] = Format.ToString(CultureInfo.InvariantCulture),
            [CommandName] = run.Command,
            [OptionsName] = JsonSerializer.SerializeToNode(run.Options, RunConfiguration.Json)!.ToJsonString(),
            [GivenName] = JsonSerializer.Serialize(run.Given),
            [FilesName] = JsonSerializer.Serialize(folder.Written),
            [MetricsName] = metrics.Text,
        };
        string aside = folder.Checkpoint + ".new";
        SealedFile.Write(aside, tensors, metadata);
        if (_newestIsWhole) AtomicFile.Replace(folder.Checkpoint, folder.EarlierCheckpoint);
        AtomicFile.Replace(aside, folder.Checkpoint);
        _newestIsWhole = true;
    }

    /// <summary>Puts the saved state back, or returns null where there is none.</summary>
    /// <param name="warn">Told of a checkpoint that cannot be used where the one before it is.</param>
    /// <exception cref="UsageException">None can be used, or it belongs to another run, data or initial weights.</exception>
    internal TrainState? Load(Action<string>? warn)
    {
        List<string> problems = [];
        foreach (string path in new[] { folder.Checkpoint, folder.EarlierCheckpoint })
        {
            if (!File.Exists(path))
            {
                problems.Add($"'{path}' is not there");
                continue;
            }

            try
            {
                using var scope = NewDisposeScope();
                TrainState state = Load(path);
                _newestIsWhole = path == folder.Checkpoint;
                if (problems.Count == 0) return state;
                string step = state.Iteration.ToString(CultureInfo.InvariantCulture);
                string note = $"{problems[0]}. The checkpoint before it is whole; the run goes on from step {step}.";
                warn?.Invoke(note);
                folder.Log(note);
                return state;
            }
            catch (InvalidDataException error)
            {
                problems.Add(error.Message.TrimEnd('.'));
            }
        }

        if (File.Exists(folder.Checkpoint) || File.Exists(folder.EarlierCheckpoint))
        {
            throw new UsageException(
                $"The run in '{folder.Path}' cannot go on: {string.Join("; ", problems.Distinct())}.",
                "Put a whole copy of what is damaged or missing back, or remove the folder and begin the run again.");
        }

        if (!folder.IsNew) run.RequireSame(RunConfiguration.Given(folder.Configuration), folder.Path);
        return null;
    }

    private TrainState Load(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        RequireFormat(file, path);
        Dictionary<string, Tensor> saved = SealedFile.Read(file);
        RequireSameRun(file, path);
        Dictionary<string, string> files = Texts(file, FilesName);
        folder.RequireWritten(files);
        var state = TrainState.FromMetadata(file.Metadata, path);
        Restore(saved, path);
        folder.Written = files;
        metrics.Resume(SealedFile.Text(file, MetricsName));
        return state;
    }

    private void Restore(Dictionary<string, Tensor> saved, string path)
    {
        // The mask grew along the run.
        if (saved.ContainsKey("mask.0") && weights.Mask.Count == 0) weights.SetMask(new Dictionary<string, Tensor>());
        foreach ((string name, Tensor tensor) in Contents())
        {
            if (!saved.TryGetValue(name, out Tensor? value) || !value.shape.AsSpan().SequenceEqual(tensor.shape))
            {
                string found = value?.ToString() ?? "missing";
                throw new InvalidDataException($"'{path}' does not fit the model: '{name}' should be {tensor.Text}, and is {found}.");
            }

            tensor.copy_(value);
        }

        Generator.SetDefaultState(saved[GeneratorName]);
        weights.ReturnToMaster();
    }

    private void RequireSameRun(ArrayFile file, string path)
    {
        string command = SealedFile.Text(file, CommandName);
        IReadOnlyList<string> differences = command != run.Command
            ? [$"it is one of `{command}`"]
            : RunConfiguration.Differences(JsonNode.Parse(SealedFile.Text(file, OptionsName))!.AsObject(), run.Options);
        if (differences.Count > 0)
        {
            throw new UsageException(
                $"The checkpoint '{path}' belongs to another run: {string.Join("; ", differences)}.",
                "Put this run's own checkpoint back, or remove the folder and begin the run again.");
        }

        run.RequireSame(Texts(file, GivenName), folder.Path);
    }

    private static Dictionary<string, string> Texts(ArrayFile file, string name) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(SealedFile.Text(file, name))!;

    // Before all else: of another format nothing else can be told, not even whether it is damaged.
    private static void RequireFormat(ArrayFile file, string path)
    {
        string format = file.Metadata.GetValueOrDefault(FormatName, "1");
        if (format == Format.ToString(CultureInfo.InvariantCulture)) return;
        throw new UsageException(
            $"The checkpoint '{path}' is of format {format}; this version of Sharpless reads format {Format}.",
            "Go on with the version that wrote it, or begin a new run elsewhere with --out. " +
            "If no other version did, remove this file: the checkpoint before it is then taken.");
    }

    private IEnumerable<(string Name, Tensor Tensor)> Contents()
    {
        for (int i = 0; i < weights.Segments.Count; i++) yield return ($"master.{i}", weights.Segments[i].Master);
        for (int i = 0; i < weights.Mask.Count; i++) yield return ($"mask.{i}", weights.Mask[i]);
        foreach ((string name, Tensor[] parts) in vectors.SelectMany(item => item))
        {
            for (int i = 0; i < parts.Length; i++) yield return ($"{name}.{i}", parts[i]);
        }

        foreach ((string name, Tensor buffer) in model.Buffers()) yield return ($"buffer/{name}", buffer);
    }
}
