using System.Text.Json;
using Sharpless.Data;

namespace Sharpless.Training;

/// <summary>What makes a run this one: command, options, and the hashes of what it was given.</summary>
/// <remarks>It stands in <c>config.json</c> and in every checkpoint.</remarks>
/// <param name="Command">The command that the run is of.</param>
/// <param name="Options">Its options.</param>
/// <param name="Given">Hashes of data and weights that the run was given, by what they are.</param>
internal sealed record RunIdentity(string Command, object Options, IReadOnlyDictionary<string, string> Given)
{
    /// <summary>The data set that is trained on.</summary>
    internal const string Data = "data";

    /// <summary>The data set of the nearest neighbours.</summary>
    internal const string NeighbourData = "knn-data";

    /// <summary>The weights to start from, with their mask.</summary>
    internal const string InitialWeights = "init";

    private static readonly Dictionary<string, string> Words = new()
    {
        [Data] = "the data",
        [NeighbourData] = "the data of the nearest neighbours",
        [InitialWeights] = "the weights that it started from",
    };

    /// <summary>The hash of a data set: pixels, labels and what is done to them.</summary>
    internal static string HashOf(ImageData data)
    {
        using var hash = new ContentHash();
        hash.Add<int>([data.ValidationCount, data.Augmentation?.Padding ?? -1, data.Augmentation?.Flip == true ? 1 : 0]);
        return hash.Add(HashOf([data.Train, data.Test])).Text;
    }

    /// <summary>The hash of sets of images.</summary>
    internal static string HashOf(IEnumerable<ImageSet> sets)
    {
        using var hash = new ContentHash();
        foreach (ImageSet set in sets)
        {
            hash.Add<int>([set.Shape.Channels, set.Shape.Height, set.Shape.Width, set.Classes, set.Count]);
            hash.Add<float>([.. set.Normalization.Mean, .. set.Normalization.Std]);
            hash.Add<int>(set.Labels);
            if (set.Bytes is not null) hash.Add<byte>(set.Bytes);
            else hash.Add<float>(set.Floats);
        }

        return hash.Text;
    }

    /// <summary>One hash of command, options and what was given.</summary>
    internal string Hash()
    {
        using var hash = new ContentHash();
        hash.Add(Command).Add(JsonSerializer.Serialize(Options, RunConfiguration.Json));
        foreach (string name in Given.Keys.Order(StringComparer.Ordinal)) hash.Add(name).Add(Given[name]);
        return hash.Text;
    }

    /// <summary>Refuses to go on where something was given that is not what the run began with.</summary>
    /// <param name="there">The hashes of the run that began.</param>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="UsageException">The first that differs.</exception>
    internal void RequireSame(IReadOnlyDictionary<string, string> there, string folder)
    {
        foreach (string name in Given.Keys.Union(there.Keys))
        {
            if (Given.GetValueOrDefault(name) == there.GetValueOrDefault(name)) continue;
            string what = Words.GetValueOrDefault(name, name);
            throw new UsageException(
                $"The run in '{folder}' cannot go on: {what} that are here now are not those it began with.",
                "Put back what the run began with and repeat the command, or begin a new run elsewhere with --out.");
        }
    }
}
