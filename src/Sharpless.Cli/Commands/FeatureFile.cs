using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Commands;

/// <summary>Features in a file of any framework: which arrays are meant, and whether they are features at all.</summary>
internal static class FeatureFile
{
    /// <summary>Tells on stderr what of a file cannot be read, where all of it was asked for.</summary>
    /// <returns>The same for JSON.</returns>
    internal static IReadOnlyList<object> TellForeign(Session session, ArrayFile file, string path, string? key)
    {
        StoredArray[] foreign = key is null ? [.. file.Where(array => array.ForeignType is not null)] : [];
        const int Shown = 5;
        string more = foreign.Length > Shown ? $" and {foreign.Length - Shown} more" : "";
        if (foreign.Length > 0) session.Errors.WriteLine($"note: passed over in {path}: {string.Join(", ", foreign.Take(Shown).Select(array => $"'{array.Name}', {array.ForeignType}"))}{more}.");
        return [.. foreign.Select(array => new { File = path, array.Name, Reason = array.ForeignType })];
    }

    /// <summary>
    /// The arrays of a file as features, each under its name: all that can be read (see <see cref="StoredArray.ForeignType"/>), or the one that was asked for.
    /// </summary>
    /// <param name="file">Stays open as long as the features are used.</param>
    /// <param name="path">Of the file, for messages.</param>
    /// <param name="key">Name of one array; null for all.</param>
    /// <param name="examples">Take only so many of the first rows.</param>
    internal static IReadOnlyList<(string Tap, StoredFeatures Features)> Select(ArrayFile file, string path, string? key, long examples = long.MaxValue)
    {
        if (file.Count == 0) throw new UsageException($"{path} holds no arrays.", "Save the features in it: [N, P], one row per example.");
        StoredArray? named = key is null ? null : file.Find(key);
        if (key is not null && named is null)
        {
            throw new UsageException($"{path} holds no array '{key}'.", $"It has {string.Join(", ", file.Take(20).Select(array => $"'{array.Name}'"))}{(file.Count > 20 ? $" and {file.Count - 20} more" : "")}.");
        }

        if (key is null && file.All(array => array.ForeignType is not null))
            throw new UsageException($"{path} holds no array of numbers: {string.Join(", ", file.Take(5).Select(array => $"'{array.Name}' is {array.ForeignType}"))}.", "Save the features as float32: [N, P], one row per example.");
        return [.. file.Where(array => named is null ? array.ForeignType is null : array == named).Select(array => (array.Name, Features(array)))];

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
