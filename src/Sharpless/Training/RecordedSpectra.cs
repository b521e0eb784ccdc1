using Sharpless.Torch.Files;

namespace Sharpless.Training;

/// <summary>Singular values of the features at each tap, from one file of <c>spectra/</c>.</summary>
public sealed record RecordedSpectra
{
    /// <summary>Path of the file below the run folder, with forward slashes.</summary>
    public required string File { get; init; }

    /// <summary>Singular values in descending order, by tap.</summary>
    public required IReadOnlyDictionary<string, double[]> SingularValues { get; init; }

    /// <summary>Reads the spectra of the last evaluation; null where the run wrote none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or an array is not one-dimensional.</exception>
    internal static RecordedSpectra? LoadLast(string folder)
    {
        string spectra = Path.Combine(folder, "spectra");
        if (!Directory.Exists(spectra)) return null;
        // Iterations are written with leading zeros, so the ordinal order of the names is that of training.
        string? last = Directory.EnumerateFiles(spectra, "iteration-*.npz").Max(StringComparer.Ordinal);
        return last is null ? null : new RecordedSpectra { File = $"spectra/{Path.GetFileName(last)}", SingularValues = Read(last) };
    }

    private static Dictionary<string, double[]> Read(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        return file.ToDictionary(array => array.Name, array => SingularValuesOf(array, path));
    }

    private static double[] SingularValuesOf(StoredArray array, string path)
    {
        if (array.Shape.Count != 1)
            throw new InvalidDataException($"\"{path}\": \"{array.Name}\" has shape [{string.Join(", ", array.Shape)}], expected a list of singular values.");
        var values = new double[array.Count];
        array.ReadRows(0, array.Rows, values);
        return values;
    }
}
