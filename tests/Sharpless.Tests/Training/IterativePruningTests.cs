using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

public sealed class IterativePruningTests : IDisposable
{
    private const int Rounds = 3;
    private static readonly string[] Prunable = ["conv1.weight", "conv2.weight", "linear.weight"];

    private readonly TinyData _data = new();

    public void Dispose() => _data.Dispose();

    [Theory, InlineData(true), InlineData(false)]
    public void Every_round_halves_what_is_left_and_starts_where_it_should(bool rewinds)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> initial = Initial();
        StoredWeights trained = Trained();
        Pruning(rewinds ? initial : null).Run(trained, [], Place("prune"));
        StoredWeights before = trained;
        for (int round = 1; round <= Rounds; round++)
        {
            StoredWeights start = WeightFile.Load(_data[$"prune/round-{round}.start.safetensors"]), end = WeightFile.Load(IterativePruning.WeightsOf(_data["prune"], round));
            Assert.Equal(Prunable, end.Live.Keys.Order());
            foreach (string name in initial.Keys)
            {
                float[] values = before.Tensors[name].ToArray<float>(), source = (rewinds ? initial : before.Tensors)[name].ToArray<float>(), expected = source;
                if (Prunable.Contains(name))
                {
                    // The obvious slow way: the first so many of a stable sort go.
                    long pruned = (long)Math.Floor(values.Length * (1 - Math.Pow(0.5, round)));
                    HashSet<int> goes = [.. Enumerable.Range(0, values.Length).OrderBy(i => Math.Abs(values[i])).Take((int)pruned)];
                    expected = [.. source.Select((value, i) => goes.Contains(i) ? 0 : value)];
                    bool[] live = [.. Enumerable.Range(0, values.Length).Select(i => !goes.Contains(i))];
                    Assert.Equal(live, end.Live[name].ToArray<bool>());
                    Assert.All(end.Tensors[name].ToArray<float>().Zip(live), item => Assert.True(item.Second || item.First == 0));
                }

                Assert.Equal(expected, start.Tensors[name].ToArray<float>());
            }

            before = end;
        }
    }

    [Fact]
    public void A_pruning_that_breaks_off_in_any_round_ends_with_the_bytes_of_an_unbroken_one()
    {
        using var scope = NewDisposeScope();
        StoredWeights trained = Trained();
        Dictionary<string, Tensor> initial = Initial();
        Pruning(initial).Run(trained, [], Place("whole"));
        for (int broken = 1; broken <= Rounds; broken++)
        {
            TrainPlace place = Place($"broken in round {broken}");
            Assert.Throws<IOException>(() => Pruning(initial).Run(trained, [], place, (round, progress) => GradualPruningTests.Break(progress, round == broken ? 5 : -1)));
            Pruning(initial).Run(trained, [], place with { Resumes = true });
            foreach (string file in Directory.EnumerateFiles(_data["whole"], "*.safetensors", SearchOption.AllDirectories).Where(file => !file.Contains("checkpoint", StringComparison.Ordinal)))
            {
                string other = Path.Combine(place.Folder, Path.GetRelativePath(_data["whole"], file));
                Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(other)), $"{other} differs");
            }
        }
    }

    [Fact]
    public void Other_settings_a_second_start_and_foreign_files_are_refused()
    {
        using var scope = NewDisposeScope();
        StoredWeights trained = Trained();
        Pruning(null).Run(trained, [], Place("prune"));
        Assert.Contains("already holds this pruning", Refusal(Pruning(null), Place("prune")), StringComparison.Ordinal);
        Assert.Contains("other settings", Refusal(Pruning(null) with { Rounds = 2 }, Place("prune") with { Resumes = true }), StringComparison.Ordinal);
        Assert.Contains("--rounds is 0", Refusal(Pruning(null) with { Rounds = 0 }, Place("new")), StringComparison.Ordinal);
        Assert.Contains("no rounds", Refusal(Pruning(null) with { Pruning = new PruneOptions { Scope = PruneScope.NM(2, 4) } }, Place("new")), StringComparison.Ordinal);
        var other = new Dictionary<string, Tensor>(trained.Tensors) { ["conv1.weight"] = zeros([4, 2, 4, 4]) };
        Assert.Contains("another 'conv1.weight'", Refusal(Pruning(other), Place("new")), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_data["new"]));
        Directory.CreateDirectory(_data["foreign/thesis"]);
        Assert.Contains("it holds 'thesis'", Refusal(Pruning(null), Place("foreign") with { Resumes = true }), StringComparison.Ordinal);

        string Refusal(IterativePruning pruning, TrainPlace place) => Assert.Throws<UsageException>(() => pruning.Run(trained, [], place)).Message;
    }

    [Fact]
    public void Re_estimation_over_the_batches_of_a_run_changes_its_statistics_alone()
    {
        using var scope = NewDisposeScope();
        IReadOnlyDictionary<string, Tensor> weights = Trained().Tensors, again = BatchNormReestimation.OfRun(_data.Options, null, CPU, weights);
        Assert.Equal(weights.Keys, again.Keys);
        foreach (string name in weights.Keys)
        {
            bool isStatistic = name.Contains("running", StringComparison.Ordinal);
            Assert.Equal((name, !isStatistic), (name, weights[name].ToArray<float>().AsSpan().SequenceEqual(again[name].ToArray<float>())));
        }

        // The same weights, the same batches: another start does not show.
        var other = new Dictionary<string, Tensor>(weights) { ["bn2.running_mean"] = full([8], 5, ScalarType.Float32) };
        Assert.Equal(again["bn2.running_mean"].ToArray<float>(), BatchNormReestimation.OfRun(_data.Options, null, CPU, other)["bn2.running_mean"].ToArray<float>());
    }

    private IterativePruning Pruning(IReadOnlyDictionary<string, Tensor>? rewind) => new()
    {
        Training = _data.Options with { Epochs = 2 }, Pruning = new PruneOptions { Amount = 0.875 }, Rounds = Rounds, Rewind = rewind, RewindName = rewind is null ? "none" : "initial",
    };

    private Dictionary<string, Tensor> Initial()
    {
        Classifier model = ModelCatalog.Create("classifier", new ModelShape(1, 8, 8, 3, 4));
        using var generator = Generator.Seeded(_data.Options.Seed);
        model.Initialize(generator);
        return ModuleState.Of(model).ToDictionary(item => item.Name, item => item.Tensor);
    }

    private StoredWeights Trained()
    {
        Trainer.Run(_data.Options with { Epochs = 2 }, Place("dense"));
        return WeightFile.Load(_data["dense/weights.safetensors"]);
    }

    private TrainPlace Place(string folder) => new() { Folder = _data[folder], CheckpointPeriod = 4 };
}
