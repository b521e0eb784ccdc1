using Sharpless.Experiments.Sparse;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Report.Sparse;

/// <summary>What the folder of a <c>sharpless sparse</c> run holds, read back. Nothing in the folder is changed.</summary>
internal sealed record RecordedSparseRun
{
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
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, SparseCells.FileName)) || File.Exists(Path.Combine(folder, TheoryCheck.FileName));

    /// <summary>The cells of a kind.</summary>
    public IReadOnlyList<SparseCell> Of(string kind) => [.. Cells.Where(cell => cell.Kind == kind)];

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UsageException">There is no such folder, no configuration, or no finished cell yet.</exception>
    /// <exception cref="InvalidDataException">A file is malformed. The message names file and place.</exception>
    public static RecordedSparseRun Load(string folder)
    {
        if (!Directory.Exists(folder)) throw new UsageException($"There is no folder \"{folder}\".", "Check the path; runs lie in runs/ unless --out said otherwise.");
        string configuration = Path.Combine(folder, "config.json");
        if (!File.Exists(configuration)) throw new UsageException($"\"{folder}\" holds no config.json, so it is no run folder.", "A folder that `sharpless sparse --out DIR` fills has one.");
        IReadOnlyList<SparseCell> cells = SparseCells.Read(folder);
        TheoryCheck? theory = TheoryCheck.Read(folder);
        if (cells.Count == 0 && theory is null) throw new UsageException($"\"{folder}\" holds no finished cell yet.", "Start the run again with --resume and let it finish a first cell.");
        return new RecordedSparseRun
        {
            Folder = folder,
            Configuration = RecordedConfiguration.Load(configuration),
            // A cell that stands there twice is still one seed; counted twice it would narrow the spread.
            Cells = [.. cells.DistinctBy(cell => (cell.Kind, cell.Side, cell.Arm, cell.Dense, cell.Compute, cell.Tensor, cell.Seed, (cell.Amount, cell.Rho, cell.BnReestimated)))],
            Theory = theory,
            IsTorn = EndsWithinALine(Path.Combine(folder, SparseCells.FileName)),
        };
    }

    private static bool EndsWithinALine(string path)
    {
        if (!File.Exists(path)) return false;
        using FileStream file = InputFile.OpenRead(path);
        if (file.Length == 0) return false;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }
}
