using Sharpless.Cli.Commands;
using Sharpless.Cli.Report.Contrastive;
using Sharpless.Cli.Report.Pretrained;
using Sharpless.Cli.Report.Sparse;
using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>What the paths given to <c>sharpless report</c> stand for: runs by kind, folders of runs opened.</summary>
internal sealed class ReportFolders
{
    // runs/SWEEP/RUN is two folders below runs.
    private const int Depth = 3;

    private readonly List<string> _training = [], _contrastive = [], _sparse = [], _complete = [], _others = [];

    private ReportFolders()
    {
    }

    /// <summary>Runs of <c>train</c>, <c>sweep</c> and <c>demo</c>; they share one page.</summary>
    public IReadOnlyList<string> Training => _training;

    /// <summary>Runs of <c>contrast</c>; they share one page.</summary>
    public IReadOnlyList<string> Contrastive => _contrastive;

    /// <summary>Runs of <c>sparse</c>, each with a page of its own.</summary>
    public IReadOnlyList<string> Sparse => _sparse;

    /// <summary>Folders of commands that wrote their page themselves; it cannot be drawn again from what they keep.</summary>
    public IReadOnlyList<string> Complete => _complete;

    /// <summary>What is no run and holds none.</summary>
    public IReadOnlyList<string> Others => _others;

    /// <summary>
    /// Looks at each path. A folder given twice (as "runs/a" and "runs/a/") is one run; counted twice it would look like two seeds.
    /// </summary>
    /// <exception cref="UsageException">A path does not exist.</exception>
    public static ReportFolders Find(IEnumerable<string> paths)
    {
        var found = new ReportFolders();
        HashSet<string> seen = [];
        foreach (string path in paths)
        {
            if (!Directory.Exists(path) && !File.Exists(path))
                throw new UsageException($"There is no folder \"{path}\".", "Check the path; runs lie in runs/ unless --out said otherwise.");
            if (IsRun(path)) found.Add(path, seen);
            else if (!found.AddBelow(path, seen, Depth)) found._others.Add(path);
        }

        return found;
    }

    private static bool IsRun(string folder) => Holds(folder, "config.json") || Holds(folder, PretrainedReport.DataFile);

    private static bool Holds(string folder, string file) => File.Exists(Path.Combine(folder, file));

    // What these commands measure is not kept in a form that the page could be drawn from again.
    private static bool HasItsReport(string folder) =>
        Holds(folder, PretrainedReport.DataFile) || RecordedConfiguration.Load(Path.Combine(folder, "config.json")).Command == TwoLayerCommand.Name;

    private void Add(string folder, HashSet<string> seen)
    {
        if (!seen.Add(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))) return;
        List<string> kind = HasItsReport(folder) ? _complete
            : SparseReport.IsFor(folder) ? _sparse
            : ContrastiveReport.IsFor(folder) ? _contrastive : _training;
        kind.Add(folder);
    }

    // Whether there was a run. One without an evaluation yet is named, not an error: nobody asked for it by name.
    private bool AddBelow(string folder, HashSet<string> seen, int depth)
    {
        if (depth == 0 || !Directory.Exists(folder)) return false;
        bool any = false;
        foreach (string below in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            bool isRun = IsRun(below);
            bool isComplete = isRun && (HasItsReport(below) || SparseReport.IsFor(below) || Holds(below, "metrics.csv"));
            if (isRun && !isComplete) _others.Add(below);
            else if (isRun) Add(below, seen);
            any |= isRun || AddBelow(below, seen, depth - 1);
        }

        return any;
    }
}
