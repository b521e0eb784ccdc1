using Sharpless.Cli.Report.Sparse;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Tests.Report.Sparse;

public sealed class RecordedSparseRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cells_and_theory_are_read_as_they_were_written()
    {
        RecordedSparseRun run = RecordedSparseRun.Load(new SyntheticSparseRun { Seeds = 2 }.Write(_folder["run"]));
        Assert.Equal((16, 100, 24, false), (run.Of("exercise").Count, run.Of("grid").Count, run.Of("sensitivity").Count, run.IsTorn));
        SparseCell sam = run.Cells.Single(cell => cell is { Kind: "exercise", Side: "published", Arm: "sam", Seed: 1 });
        Assert.Equal((0.5, "layer", 0.05, 564, 0.955, 0.952, 0.001), (sam.Amount, sam.Scope, sam.Rho, sam.GradientEvaluations, Math.Round(sam.TestAccuracy, 9), Math.Round(sam.TestAccuracyAll, 9), sam.Sparsity));
        Assert.Equal(["stale-optimizer", "drifting-restore", "no-mask", "prune-norms"], sam.Faults!);
        Assert.Equal(3, sam.ValidationAccuracy.Count);
        Assert.Contains(run.Cells, cell => cell is { Kind: "grid", Dense: "sam", Compute: "gradients" });
        Assert.Equal((0.15, 1000, 0.0001), (run.Theory!.LossAlongPerturbation, run.Theory.Random.Beaten, run.Theory.FirstOrder[^1].Rho));
    }

    [Theory]
    [InlineData("{\"kind\":\"exercise\",\"arm\":\"sam\",\"se")]
    [InlineData("{\"kind\":\"exercise\",\"arm\":\"sam\",\"seed\":77}")]
    public void A_last_line_without_its_end_is_left_out(string torn)
    {
        string folder = new SyntheticSparseRun { Seeds = 1 }.Write(_folder["run"]);
        int before = RecordedSparseRun.Load(folder).Cells.Count;
        File.AppendAllText(Path.Combine(folder, "cells.jsonl"), torn);
        RecordedSparseRun run = RecordedSparseRun.Load(folder);
        Assert.Equal((before, true), (run.Cells.Count, run.IsTorn));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("{\"seed\":1}")]
    [InlineData("{\"kind\":\"grid\",\"seed\":\"one\"}")]
    [InlineData("{\"kind\":\"grid\",\"seed\":1,\"amount\":0.5,\"scope\":\"layer\",\"arm\":\"sgd\",\"test_accuracy\":0.9}")]
    public void A_malformed_line_is_named_with_file_and_number(string line)
    {
        string folder = new SyntheticSparseRun { Seeds = 1, Grid = false, Sensitivity = false, Faults = [] }.Write(_folder["run"]);
        File.AppendAllText(Path.Combine(folder, "cells.jsonl"), line + "\n");
        Assert.Contains("cells.jsonl\", line 5: no finished cell", Assert.Throws<InvalidDataException>(() => RecordedSparseRun.Load(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_was_run_twice_counts_once()
    {
        string folder = new SyntheticSparseRun { Seeds = 2 }.Write(_folder["run"]), cells = Path.Combine(folder, "cells.jsonl");
        int before = RecordedSparseRun.Load(folder).Cells.Count;
        File.AppendAllText(cells, File.ReadLines(cells).First() + "\n");
        Assert.Equal(before, RecordedSparseRun.Load(folder).Cells.Count);
    }

    [Fact]
    public void A_damaged_theory_check_is_named()
    {
        string folder = new SyntheticSparseRun().Write(_folder["run"]);
        File.WriteAllText(Path.Combine(folder, "theory.json"), "{\"rho\":0.05}");
        Assert.Contains("theory.json", Assert.Throws<InvalidDataException>(() => RecordedSparseRun.Load(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_a_finished_cell_says_how_to_go_on()
    {
        string folder = new SyntheticSparseRun { Theory = false, Change = _ => null }.Write(_folder["run"]);
        Assert.Contains("no finished cell yet", Assert.Throws<UsageException>(() => RecordedSparseRun.Load(folder)).Message, StringComparison.Ordinal);
    }
}
