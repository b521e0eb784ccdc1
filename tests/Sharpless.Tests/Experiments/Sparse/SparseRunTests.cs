using Sharpless.Experiments.Sparse;

namespace Sharpless.Tests.Experiments.Sparse;

/// <summary>Whole experiments on a handful of images: what cells they hold, and that a broken run goes on to the same ones.</summary>
public sealed class SparseRunTests : IDisposable
{
    private readonly TinyImages _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void The_exercise_has_both_sides_of_every_arm_and_seed_and_its_faults_show()
    {
        SparseRun run = SparseExercise.Run(_tiny.Options, _tiny.Place("run"));
        Assert.Equal(2 * 2 * 4, run.Cells.Count);
        foreach (IGrouping<int, SparseCell> seed in run.Cells.GroupBy(cell => cell.Seed))
        {
            SparseCell Of(string side, string arm) => Assert.Single(seed, cell => cell.Side == side && cell.Arm == arm);
            Assert.Equal(Of("honest", "dense").TestAccuracyAll, Of("published", "dense").TestAccuracyAll);
            foreach (string arm in new[] { "pruned", "sgd", "sam" }) Assert.Equal((704L, 352L, 0.5), (Of("honest", arm).Parameters, Of("honest", arm).Zeros, Of("honest", arm).Sparsity));
            Assert.Equal(352, Of("published", "sgd").Zeros);                     // its weights never move
            Assert.InRange(Of("published", "sam").Zeros, 0, 35);                 // they grow back
            Assert.Equal((0L, 6L, 12L), (Of("honest", "pruned").GradientEvaluations, Of("honest", "sgd").GradientEvaluations, Of("honest", "sam").GradientEvaluations));
            Assert.Equal((2, 0.05), (Of("honest", "sam").ValidationAccuracy.Count, Of("honest", "sam").Rho));
        }

        Assert.NotNull(run.Theory);
        Assert.Equal(run.Theory with { FirstOrder = [] }, TheoryCheck.Read(run.Folder)! with { FirstOrder = [] });
        Assert.Equal(run.Cells.Select(cell => cell.Key), SparseCells.Read(run.Folder).Select(cell => cell.Key));
    }

    [Fact]
    public void Without_faults_there_is_no_published_side() =>
        Assert.Equal(["honest"], SparseExercise.Run(_tiny.Options with { AsPublished = [], Seeds = 1, Directions = 0 }, _tiny.Place("run")).Cells.Select(cell => cell.Side).Distinct());

    [Theory, InlineData(0), InlineData(1), InlineData(5), InlineData(9)]
    public void A_run_cut_short_after_any_cell_goes_on_to_the_same_cells(int kept)
    {
        SparseRun whole = SparseExercise.Run(_tiny.Options with { Directions = 0 }, _tiny.Place("run"));
        string file = Path.Combine(whole.Folder, SparseCells.FileName);
        string[] lines = File.ReadAllLines(file);
        // A kill leaves some whole lines and a torn one, and may leave no dense network.
        File.WriteAllText(file, string.Concat(lines.Take(kept).Select(line => line + "\n")) + lines[kept][..20]);
        if (kept == 5) Array.ForEach(Directory.GetFiles(Path.Combine(whole.Folder, "checkpoint")), File.Delete);
        SparseRun again = SparseExercise.Run(_tiny.Options with { Directions = 0 }, _tiny.Place("run", resumes: true));
        Assert.Equal(whole.Cells.Select(Outcome), again.Cells.Select(Outcome));
        Assert.Equal(lines[..kept], File.ReadAllLines(file)[..kept]);
        Assert.Equal(whole.Cells.Select(Outcome), SparseCells.Read(whole.Folder).Select(Outcome));
    }

    [Fact]
    public void A_finished_run_is_read_and_another_configuration_refused()
    {
        SparseExerciseOptions options = _tiny.Options with { Directions = 0, Seeds = 1 };
        SparseRun run = SparseExercise.Run(options, _tiny.Place("run"));
        byte[] bytes = File.ReadAllBytes(Path.Combine(run.Folder, SparseCells.FileName));
        SparseExercise.Run(options, _tiny.Place("run", resumes: true));
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(run.Folder, SparseCells.FileName)));
        Assert.Contains("already holds this run", Assert.Throws<UsageException>(() => SparseExercise.Run(options, _tiny.Place("run"))).Message, StringComparison.Ordinal);
        Assert.Contains("--amount is not set there, 0.9 here", Assert.Throws<UsageException>(() => SparseExercise.Run(options with { Amount = 0.9 }, _tiny.Place("run", resumes: true))).Message, StringComparison.Ordinal);
        var scan = new SparseSensitivityOptions { DataSet = options.DataSet, DataFraction = 0.5, BatchSize = 16 };
        Assert.Contains("it is one of `sparse`", Assert.Throws<UsageException>(() => SparseSensitivity.Run(scan, _tiny.Place("run", resumes: true))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cells.jsonl", "is not what this run wrote")]
    [InlineData("theory.json", "is not what this run wrote")]
    [InlineData("checkpoint/dense-seed0-rho0.safetensors", "is damaged")]
    [InlineData("config.json", "")]
    public void Records_that_were_changed_are_refused(string file, string error)
    {
        SparseExerciseOptions options = _tiny.Options with { Seeds = 1, Directions = 4 };
        SparseRun run = SparseExercise.Run(options, _tiny.Place("run"));
        string path = Path.Combine(run.Folder, file), cells = Path.Combine(run.Folder, SparseCells.FileName);
        byte[] whole = File.ReadAllBytes(path), lines = File.ReadAllBytes(cells);
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. whole];
            if (file.EndsWith("safetensors", StringComparison.Ordinal)) File.WriteAllLines(cells, File.ReadLines(cells).Take(2));   // so that the network is needed
            int place = random.Next(bytes.Length);
            bytes[place] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bytes);
            Exception? refusal = Record.Exception(() => SparseExercise.Run(options, _tiny.Place("run", resumes: true)));
            if (refusal is null)
            {
                // Where it is read all the same, it says the same.
                Assert.Equal(run.Cells.Select(Outcome), SparseCells.Read(run.Folder).Select(Outcome));
                Assert.Equal(run.Theory!.LossAlongPerturbation, TheoryCheck.Read(run.Folder)!.LossAlongPerturbation);
            }
            else Assert.True(refusal is UsageException or InvalidDataException, $"{file}, byte {place}: {refusal}");
            File.WriteAllBytes(path, whole);
            File.WriteAllBytes(cells, lines);
        }

        if (error.Length == 0) return;
        byte[] damaged = [.. whole];
        int digit = Array.FindLastIndex(damaged, value => value is >= (byte)'1' and <= (byte)'8');
        damaged[digit]++;
        File.WriteAllBytes(path, damaged);
        if (file.EndsWith("safetensors", StringComparison.Ordinal)) File.Delete(cells);
        Assert.Contains(error, Assert.Throws<UsageException>(() => SparseExercise.Run(options, _tiny.Place("run", resumes: true))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_stopped_keeps_its_finished_cells()
    {
        using var stop = new CancellationTokenSource();
        var error = Assert.Throws<OperationCanceledException>(() => SparseExercise.Run(
            _tiny.Options, _tiny.Place("run"), progress => { if (progress.Finished?.Arm == "pruned") stop.Cancel(); }, stop.Token));
        Assert.Contains("3 finished cells are kept", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, SparseCells.Read(Path.Combine(_tiny.Folder, "run")).Count);
    }

    [Fact]
    public void A_damaged_line_is_refused_with_its_number()
    {
        File.WriteAllText(Path.Combine(_tiny.Folder, SparseCells.FileName), "{\"kind\":\"grid\",\"seed\":0,\"amount\":0,\"scope\":\"layer\",\"test_accuracy\":1,\"test_accuracy_all\":1}\nnonsense\n");
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => SparseCells.Read(_tiny.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_grid_compares_at_equal_epochs_and_at_equal_compute_and_agrees_with_the_exercise()
    {
        SparseExerciseOptions exercise = _tiny.Options with { AsPublished = [], Seeds = 1, Directions = 0, Amount = 0.75, Momentum = 0.9 };
        var options = new SparseGridOptions
        {
            DataSet = exercise.DataSet, DataFraction = 0.5, Width = 4, BatchSize = 16, Epochs = 2, FinetuneEpochs = 2, Seeds = 1, Fractions = [0, 0.75], SamRho = [0.05, 0.2], Momentum = 0.9, LearningRate = 0.2,
        };
        IReadOnlyList<SparseCell> grid = SparseGrid.Run(options, _tiny.Place("grid")).Cells;
        // For each dense training itself, and for each share both comparisons of: not tuned, SGD, SAM twice.
        Assert.Equal(2 * (1 + (2 * 2 * 4)), grid.Count);
        SparseCell At(string dense, string arm, string compute, double rho) => Assert.Single(grid, cell => cell.Dense == dense && cell.Arm == arm && cell.Compute == compute && cell.Amount == 0.75 && cell.Rho == rho);
        foreach (string dense in new[] { "sgd", "sam" })
        {
            Assert.Equal(At(dense, "sam", "gradients", 0.05).GradientEvaluations, At(dense, "sgd", "gradients", 0).GradientEvaluations);
            Assert.Equal(At(dense, "sam", "epochs", 0.05).Epochs, At(dense, "sgd", "epochs", 0).Epochs);
            Assert.Equal((528L, 528L), (At(dense, "sgd", "gradients", 0).Zeros, At(dense, "sam", "epochs", 0.2).Zeros));
        }

        // The same arms, run by the exercise; the longer fine-tuning of SGD in one piece.
        SparseCell[] Arms(SparseExerciseOptions of, string run) => [.. SparseExercise.Run(of, _tiny.Place(run)).Cells];
        SparseCell[] once = Arms(exercise, "once"), twice = Arms(exercise with { FinetuneEpochs = 4 }, "twice");
        AssertSameOutcome(once.Single(cell => cell.Arm == "sgd"), At("sgd", "sgd", "epochs", 0));
        AssertSameOutcome(once.Single(cell => cell.Arm == "sam"), At("sgd", "sam", "gradients", 0.05));
        AssertSameOutcome(twice.Single(cell => cell.Arm == "sgd"), At("sgd", "sgd", "gradients", 0));

        static void AssertSameOutcome(SparseCell expected, SparseCell actual)
        {
            Assert.Equal(expected.ValidationAccuracy, actual.ValidationAccuracy);
            Assert.Equal((expected.TestAccuracy, expected.TestAccuracyAll, expected.Zeros), (actual.TestAccuracy, actual.TestAccuracyAll, actual.Zeros));
        }
    }

    [Fact]
    public void Batch_norm_statistics_are_measured_anew_in_the_grid_on_request()
    {
        var options = new SparseGridOptions
        {
            DataSet = _tiny.Options.DataSet, DataFraction = 0.5, Width = 4, BatchSize = 16, Epochs = 0, FinetuneEpochs = 1, Seeds = 1, Fractions = [0.5], SamRho = [0.05], Dense = [DenseTraining.Sgd],
        };
        IReadOnlyList<SparseCell> old = SparseGrid.Run(options, _tiny.Place("old")).Cells, anew = SparseGrid.Run(options with { ReestimatesBatchNorm = true }, _tiny.Place("anew")).Cells;
        Assert.All(old, cell => Assert.False(cell.BnReestimated));
        Assert.Equal([false, true, true, true, true, true, true], anew.Select(cell => cell.BnReestimated!.Value));
    }

    [Fact]
    public void The_scan_prunes_one_tensor_at_a_time()
    {
        var options = new SparseSensitivityOptions { DataSet = _tiny.Options.DataSet, DataFraction = 0.5, Width = 4, BatchSize = 16, Epochs = 2, Seeds = 1, Fractions = [0, 0.5, 1] };
        IReadOnlyList<SparseCell> cells = SparseSensitivity.Run(options, _tiny.Place("scan")).Cells;
        Assert.Equal([("conv1.weight", 0L), ("conv1.weight", 32), ("conv1.weight", 64), ("conv2.weight", 0), ("conv2.weight", 256), ("conv2.weight", 512), ("linear.weight", 0), ("linear.weight", 64), ("linear.weight", 128)],
            cells.Select(cell => (cell.Tensor!, cell.Zeros)));
        Assert.Single(cells.Where(cell => cell.Amount == 0).Select(cell => cell.TestAccuracyAll).Distinct());
        // Without the head all classes have the logits of the biases alone: one class for every image.
        Assert.Equal(0.25, cells[^1].TestAccuracyAll);
    }

    private static string Outcome(SparseCell cell) => $"{cell with { Seconds = 0, Check = null, Faults = null, ValidationAccuracy = [] }} {string.Join(' ', cell.ValidationAccuracy)}";
}
