using System.Globalization;
using Sharpless.Torch.Files;

namespace Sharpless.Training;

/// <summary>Writes <c>metrics.csv</c>: the whole file at each evaluation, aside and renamed, so that no kill can tear a row.</summary>
/// <param name="path">The file.</param>
/// <param name="columns">What is measured, in the order of the file, after epoch and iteration.</param>
internal sealed class MetricsLog(string path, IReadOnlyList<string> columns)
{
    private readonly List<EvaluationRecord> _rows = [];

    internal IReadOnlyList<EvaluationRecord> Rows => _rows;

    /// <summary>Takes over the rows of an earlier start up to an iteration; later ones will be measured again, to the same bits.</summary>
    internal void ResumeAt(long iteration)
    {
        if (File.Exists(path)) _rows.AddRange(MetricsFile.Read(path).Where(row => row.Iteration <= iteration));
    }

    internal void Add(EvaluationRecord row)
    {
        _rows.Add(row);
        AtomicFile.WriteAllText(path, Text());
    }

    private string Text() => string.Concat(_rows.Select(Line).Prepend($"epoch,iteration,{string.Join(',', columns)}\n"));

    private string Line(EvaluationRecord row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Epoch:R},{row.Iteration},{string.Join(',', columns.Select(column => Cell(row[column])))}\n");

    private static string Cell(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
