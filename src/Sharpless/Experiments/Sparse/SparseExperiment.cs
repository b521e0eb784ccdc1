using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Experiments.Sparse;

/// <summary>Runs the tasks of an experiment in a folder that survives being killed: finished cells are kept, and the next start goes on behind them to the same figures.</summary>
internal static class SparseExperiment
{
    /// <param name="options">What to do.</param>
    /// <param name="place">Where.</param>
    /// <param name="tasks">The tasks, in order.</param>
    /// <param name="finish">What is left to do when all cells are there.</param>
    /// <param name="tell">Told of progress; null for nobody.</param>
    /// <param name="cancel">Ends the work after the step under way.</param>
    internal static SparseRun Run(
        SparseOptions options,
        TrainPlace place,
        Func<SparseLab, IReadOnlyList<SparseTask>> tasks,
        Func<SparseLab, SparseWork, string, TheoryCheck?> finish,
        Action<SparseProgress>? tell,
        CancellationToken cancel)
    {
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), $"See sharpless {options.Command} --help.");

        options = options with { DataSet = DataSets.WithFullPath(options.DataSet) };
        // Everything that can be refused is read before the folder is taken.
        ImageData data = DataSets.Load(options.DataSet, DataFolder.Resolve(place.DataFolder));
        foreach (string note in data.Notes) place.Warn?.Invoke(note);
        var work = new SparseWork(tell, cancel);
        var lab = new SparseLab(options, data, place.Device, Path.Combine(place.Folder, "checkpoint"), work);
        IReadOnlyList<SparseTask> planned = tasks(lab);
        using RunFolder folder = RunFolder.Take(place.Folder, options.Command, options, place.Resumes);
        if (folder.IsNew) AtomicFile.WriteAllText(folder.Configuration, RunConfiguration.Write(lab.Run, place, lab.ModelFacts(), lab.DataFacts()));
        else lab.Run.RequireSame(RunConfiguration.Given(folder.Configuration), folder.Path);
        var cells = SparseCells.Open(folder.Path, lab.Run.Hash());
        folder.Log(cells.All.Count == 0 ? "start" : $"resume after {cells.All.Count} cells");
        try
        {
            foreach (SparseTask task in planned) work.Expect(task.GradientEvaluations);
            foreach (SparseTask task in planned) Do(task, cells, work);
            TheoryCheck? theory = finish(lab, work, folder.Path);
            folder.Log("done");
            return new SparseRun(place.Folder, cells.All, theory);
        }
        catch (OperationCanceledException)
        {
            folder.Log($"stopped after {cells.All.Count} cells");
            throw new OperationCanceledException($"Stopped; {cells.All.Count} finished cells are kept in {place.Folder}.", cancel);
        }
    }

    private static void Do(SparseTask task, SparseCells cells, SparseWork work)
    {
        if (task.Cells.All(cell => cells.Finished(cell) is not null))
        {
            work.Skip(task.GradientEvaluations);
            return;
        }

        using var scope = NewDisposeScope();
        foreach (SparseCell cell in task.Run())
        {
            if (cells.Finished(cell) is not null) continue;
            cells.Add(cell);
            work.Finished(cell, task.Name);
        }
    }
}
