using System.Text;
using System.Text.Json;
using Sharpless.Torch.Files;

namespace Sharpless.Experiments.Sparse;

/// <summary>The finished cells of an experiment, one JSON line each in <c>cells.jsonl</c>. A line is added when its cell is done; one that a kill tore is dropped.</summary>
public sealed class SparseCells
{
    /// <summary>Name of the file in the folder of the experiment.</summary>
    public const string FileName = "cells.jsonl";

    private readonly string _path;
    private readonly string _run;
    private readonly Dictionary<string, SparseCell> _byKey = [];
    private readonly List<SparseCell> _cells;

    private SparseCells(string path, string run, List<SparseCell> cells)
    {
        (_path, _run, _cells) = (path, run, cells);
        foreach (SparseCell cell in cells) _byKey[cell.Key] = cell;
    }

    /// <summary>In the order in which they were finished.</summary>
    public IReadOnlyList<SparseCell> All => _cells;

    /// <summary>Reads the cells of a folder without changing it.</summary>
    /// <param name="folder">Folder of an experiment; one without cells has none.</param>
    /// <exception cref="InvalidDataException">A line that is complete is no cell.</exception>
    public static IReadOnlyList<SparseCell> Read(string folder) => Parse(Path.Combine(folder, FileName)).Cells;

    /// <summary>Opens the cells of a folder to add more, after taking away a torn last line.</summary>
    /// <param name="folder">Folder of the experiment.</param>
    /// <param name="run">Hash of the run.</param>
    /// <exception cref="UsageException">A line was changed since it was written, or belongs to another run.</exception>
    internal static SparseCells Open(string folder, string run)
    {
        string path = Path.Combine(folder, FileName);
        (List<SparseCell> cells, long length) = Parse(path);
        int strange = cells.FindIndex(cell => cell.Check != CheckOf(cell, run));
        if (strange >= 0)
        {
            throw new UsageException(
                $"Line {strange + 1} of '{path}' is not what this run wrote: it was changed, or belongs to another run.",
                "Put the file back as it was, or take that line out: its network is then trained again.");
        }

        if (File.Exists(path) && new FileInfo(path).Length > length)
        {
            using FileStream file = File.OpenWrite(path);
            file.SetLength(length);
        }

        return new SparseCells(path, run, cells);
    }

    /// <summary>The finished cell that is what this one is, or null.</summary>
    internal SparseCell? Finished(SparseCell cell) => _byKey.GetValueOrDefault(cell.Key);

    /// <summary>Adds a finished cell and puts it on the disk.</summary>
    internal void Add(SparseCell cell)
    {
        cell = cell with { Check = CheckOf(cell, _run) };
        using (var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read))
        {
            file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(cell, SparseCell.Json) + "\n"));
            file.Flush(flushToDisk: true);
        }

        _cells.Add(cell);
        _byKey[cell.Key] = cell;
    }

    private static string CheckOf(SparseCell cell, string run)
    {
        using var hash = new ContentHash();
        return hash.Add(run).Add(JsonSerializer.Serialize(cell with { Check = null }, SparseCell.Json)).Text;
    }

    // A line counts when its end is there: only the last one can lack it.
    private static (List<SparseCell> Cells, long Length) Parse(string path)
    {
        if (!File.Exists(path)) return ([], 0);
        byte[] bytes = InputFile.ReadAllBytes(path);
        int length = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        List<SparseCell> cells = [];
        string[] lines = Encoding.UTF8.GetString(bytes, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < lines.Length; i++)
        {
            try
            {
                cells.Add(JsonSerializer.Deserialize<SparseCell>(lines[i], SparseCell.Json) ?? throw new JsonException("The line is null."));
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"\"{path}\", line {i + 1}: no finished cell. {error.Message}", error);
            }
        }

        return (cells, length);
    }
}
