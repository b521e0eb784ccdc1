using System.Text.Json;
using Sharpless.Training;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>What the folder of a <c>sharpless sparse</c> run holds, read back. Nothing in the folder is changed.</summary>
internal sealed record SparseRun
{
    /// <summary>Name of the file of cells.</summary>
    public const string CellsFile = "cells.jsonl";

    /// <summary>Name of the file of the theory check.</summary>
    public const string TheoryFile = "theory.json";

    /// <summary>The folder as it was given.</summary>
    public required string Folder { get; init; }

    /// <summary>What was run, where and on which data.</summary>
    public required RecordedConfiguration Configuration { get; init; }

    /// <summary>The finished cells in the order of the file.</summary>
    public required IReadOnlyList<SparseCell> Cells { get; init; }

    /// <summary>The theory check, or null where there was none.</summary>
    public TheoryCheck? Theory { get; init; }

    /// <summary>Whether the last line of the cells is torn: the process was killed while it wrote.</summary>
    public bool IsTorn { get; init; }

    /// <summary>Whether a folder is the run of a <c>sparse</c> command.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, CellsFile)) || File.Exists(Path.Combine(folder, TheoryFile));

    /// <summary>The cells of a kind.</summary>
    public IReadOnlyList<SparseCell> Of(string kind) => [.. Cells.Where(cell => cell.Kind == kind)];

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UsageException">There is no such folder, no configuration, or no finished cell yet.</exception>
    /// <exception cref="InvalidDataException">A file is malformed. The message names file and place.</exception>
    public static SparseRun Load(string folder)
    {
        if (!Directory.Exists(folder)) throw new UsageException($"There is no folder \"{folder}\".", "Check the path; runs lie in runs/ unless --out said otherwise.");
        string configuration = Path.Combine(folder, "config.json"), cells = Path.Combine(folder, CellsFile), theory = Path.Combine(folder, TheoryFile);
        if (!File.Exists(configuration)) throw new UsageException($"\"{folder}\" holds no config.json, so it is no run folder.", "A folder that `sharpless sparse --out DIR` fills has one.");
        (IReadOnlyList<SparseCell> finished, bool isTorn) = File.Exists(cells) ? ReadCells(cells) : ([], false);
        if (finished.Count == 0 && !File.Exists(theory)) throw new UsageException($"\"{folder}\" holds no finished cell yet.", "Start the run again with --resume and let it finish a first cell.");
        return new SparseRun
        {
            Folder = folder,
            Configuration = RecordedConfiguration.Load(configuration),
            Cells = finished,
            Theory = File.Exists(theory) ? TheoryCheck.Load(theory) : null,
            IsTorn = isTorn,
        };
    }

    private static (IReadOnlyList<SparseCell> Cells, bool IsTorn) ReadCells(string path)
    {
        string text = File.ReadAllText(path);
        string[] lines = text.Split('\n');
        // A line counts once its end is written; what follows the last end is torn, or nothing.
        bool isTorn = !string.IsNullOrWhiteSpace(lines[^1]);
        var cells = new OrderedDictionary<object, SparseCell>();
        for (int i = 0; i < lines.Length - 1; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i])) continue;
            SparseCell cell = Parse(lines[i], $"\"{path}\", line {i + 1}");
            // A cell that was run twice is still one seed; counted twice it would narrow the spread.
            cells[cell.Identity] = cell;
        }
        return ([.. cells.Values], isTorn);
    }

    private static SparseCell Parse(string line, string place)
    {
        try
        {
            return SparseCell.Parse(line);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{place} is no cell of a sparse run: {exception.Message}", exception);
        }
    }
}
