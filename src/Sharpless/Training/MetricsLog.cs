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

    /// <summary>Takes over the rows of an earlier start, and puts the file back where it is not what it was; later rows will be measured again, to the same bits.</summary>
    /// <param name="text">What the file held when the checkpoint was saved.</param>
    internal void Resume(string text)
    {
        if (!File.Exists(path) || File.ReadAllText(path) != text) AtomicFile.WriteAllText(path, text);
        foreach (EvaluationRecord row in MetricsFile.Read(path))
        {
            _rows.Add(row with { Values = columns.Where(row.Values.ContainsKey).ToDictionary(column => column, column => row.Values[column]) });
        }
    }

    internal void Add(EvaluationRecord row)
    {
        _rows.Add(row);
        AtomicFile.WriteAllText(path, Text);
    }

    /// <summary>What the file holds.</summary>
    internal string Text => string.Concat(_rows.Select(Line).Prepend($"epoch,iteration,{string.Join(',', columns)}\n"));

    private string Line(EvaluationRecord row) =>
        string.Create(CultureInfo.InvariantCulture, $"{row.Epoch:R},{row.Iteration},{string.Join(',', columns.Select(column => Cell(row[column])))}\n");

    private static string Cell(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
