using Sharpless.Analysis;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Commands;

/// <summary>Features in a file of any framework: which arrays are meant, and whether they are features at all.</summary>
internal static class FeatureFile
{
    /// <summary>The arrays of a file as features, each under its name: all of them, or the one that was asked for.</summary>
    /// <param name="file">Stays open as long as the features are used.</param>
    /// <param name="path">Of the file, for messages.</param>
    /// <param name="key">Name of one array; null for all.</param>
    /// <param name="examples">Take only so many of the first rows.</param>
    internal static IReadOnlyList<(string Tap, StoredFeatures Features)> Select(ArrayFile file, string path, string? key, long examples = long.MaxValue)
    {
        if (file.Count == 0) throw new UsageException($"{path} holds no arrays.", "Save the features in it: [N, P], one row per example.");
        StoredArray? named = file.FirstOrDefault(array => array.Name == key);
        if (key is not null && named is null)
        {
            throw new UsageException($"{path} holds no array '{key}'.", $"It has {string.Join(", ", file.Select(array => $"'{array.Name}'"))}.");
        }

        return [.. file.Where(array => key is null || array == named).Select(array => (array.Name, Features(array)))];

        StoredFeatures Features(StoredArray array)
        {
            try
            {
                return new StoredFeatures(array, examples);
            }
            catch (InvalidDataException exception)
            {
                throw new UsageException(
                    $"{path}: {exception.Message}", file.Count > 1 && key is null ? "Choose the array that holds features with --key." : "Save the features as [N, P], one row per example.");
            }
        }
    }

    /// <summary>Runs an analysis; what it refuses in the data is told with file and array.</summary>
    internal static T Analyse<T>(string path, string tap, Func<T> analysis)
    {
        try
        {
            return analysis();
        }
        catch (InvalidDataException exception) when (!exception.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new UsageException($"{path}, '{tap}': {exception.Message}", "Mend the features or leave those rows out, and save the file again.");
        }
    }
}
