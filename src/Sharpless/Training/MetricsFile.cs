using System.Globalization;
using CsvHelper;
using Sharpless.Torch.Files;

namespace Sharpless.Training;

/// <summary>Reads <c>metrics.csv</c>: a header, then one row of numbers per evaluation; empty cells were not measured.</summary>
internal static class MetricsFile
{
    private static readonly CsvReaderOptions Strict = new()
    {
        Separator = ',',
        MalformedData = CsvMalformedDataHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Throw,
        TrackLineNumbers = true,
    };

    /// <exception cref="InvalidDataException">No header, a column twice or missing, a row of another width, or a cell that is no number.</exception>
    public static IReadOnlyList<EvaluationRecord> Read(string path)
    {
        InputFile.Require(path);
        try
        {
            using CsvReader csv = CsvReader.FromFile(path, Strict);
            string[] columns = [.. csv.Headers];
            CheckColumns(columns, path);
            var evaluations = new List<EvaluationRecord>();
            while (csv.Read()) evaluations.Add(Evaluation(csv, columns, $"\"{path}\", line {csv.LineNumber}"));
            return evaluations;
        }
        catch (CsvFormatException exception)
        {
            throw new InvalidDataException($"\"{path}\", line {exception.LineNumber}: {exception.Message}", exception);
        }
    }

    private static void CheckColumns(string[] columns, string path)
    {
        if (columns.GroupBy(column => column).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidDataException($"\"{path}\": column \"{Shown(twice.Key)}\" appears {twice.Count()} times.");
        foreach (string needed in new[] { "epoch", "iteration" })
        {
            if (!columns.Contains(needed))
                throw new InvalidDataException($"\"{path}\" has no column \"{needed}\"; its header is \"{Shown(string.Join(',', columns))}\".");
        }
    }

    private static EvaluationRecord Evaluation(CsvReader csv, string[] columns, string place)
    {
        var values = new Dictionary<string, double>();
        for (int i = 0; i < columns.Length; i++)
        {
            if (csv.IsEmpty(i)) continue;
            if (!double.TryParse(csv.GetString(i), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                throw new InvalidDataException($"{place}: \"{Shown(csv.GetString(i))}\" in column {Shown(columns[i])} is no number.");
            values[columns[i]] = value;
        }
        return new EvaluationRecord(Position("epoch"), (long)Position("iteration"), values);

        double Position(string column) => values.TryGetValue(column, out double value) && value >= 0 && value < long.MaxValue
            ? value
            : throw new InvalidDataException($"{place}: column {column} must hold a number of 0 or more.");
    }

    // A file that is something else altogether must not flood the terminal.
    private static string Shown(string text) => text.Trim() is { Length: > 60 } tooLong ? tooLong[..60] + "..." : text.Trim();
}
