namespace Sharpless.Weights;

/// <summary>
/// What programs put before the names of all tensors of a network that they wrap: <c>module.</c> (data-parallel training), <c>_orig_mod.</c> (compiled), <c>model.</c>,
/// <c>encoder.</c> and <c>backbone.</c> (a network inside another), or several of them one after another.
/// </summary>
internal static class WrapperPrefix
{
    private static readonly string[] Words = ["module.", "model.", "_orig_mod.", "encoder.", "backbone."];

    /// <summary>The prefix under which a file holds a network.</summary>
    /// <param name="given">Names in the file.</param>
    /// <param name="known">Names that the network has; one is enough.</param>
    /// <param name="path">The file, for the message.</param>
    /// <param name="more">Another word that can stand among those of wrappers.</param>
    /// <returns>Empty where the names are there as they are, or not at all.</returns>
    /// <exception cref="InvalidDataException">The file holds the network under two prefixes.</exception>
    internal static string Find(IEnumerable<string> given, IReadOnlySet<string> known, string path, string more = "")
    {
        string[] words = more.Length > 0 ? [.. Words, more] : Words;
        Dictionary<string, string> found = [];
        foreach (string name in given)
        {
            foreach (int length in Lengths(name, words))
            {
                if (known.Contains(name[length..])) found.TryAdd(name[..length], name);
            }
        }

        if (found.Count < 2) return found.Keys.FirstOrDefault("");
        string[] names = [.. found.Values.Order(StringComparer.Ordinal).Take(2)];
        throw new InvalidDataException($"{(path.Length > 0 ? $"{path} holds" : "These are")} the tensors of one network more than once: '{names[0]}' and '{names[1]}'. Keep the tensors of one of them.");
    }

    /// <summary>A name without all such words that it begins with.</summary>
    internal static string Without(string name) => name[Lengths(name, Words).Last()..];

    /// <summary>The longest prefix of such words that all names begin with.</summary>
    internal static string Shared(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? "" : Lengths(names.First(), Words).Select(length => names.First()[..length]).Last(prefix => names.All(name => name.StartsWith(prefix, StringComparison.Ordinal)));

    // Where a name can be cut: before all words, after one of them, after two and so on.
    private static IEnumerable<int> Lengths(string name, string[] words)
    {
        int length = 0;
        yield return length;
        while (Array.Find(words, word => name.AsSpan(length).StartsWith(word, StringComparison.Ordinal)) is string word) yield return length += word.Length;
    }
}
