namespace Sharpless.Torch;

/// <summary>The name that was probably meant where an unknown one was given.</summary>
public static class NearestName
{
    /// <summary>The known name that takes the fewest insertions, deletions and exchanges of single letters.</summary>
    /// <param name="given">The unknown name.</param>
    /// <param name="known">Names that there are.</param>
    /// <returns>Null where none is near: more than half of the letters, and more than two, would have to change.</returns>
    public static string? Of(string given, IEnumerable<string> known) => Several(given, known, 1).FirstOrDefault();

    /// <summary>The known names that were probably meant, the nearest first.</summary>
    /// <param name="given">The unknown name.</param>
    /// <param name="known">Names that there are.</param>
    /// <param name="count">How many at most.</param>
    public static string[] Several(string given, IEnumerable<string> known, int count)
    {
        ArgumentNullException.ThrowIfNull(given);
        ArgumentNullException.ThrowIfNull(known);
        int farthest = Math.Max(2, given.Length / 2);
        return [.. known.Select(name => (Name: name, Distance: Distance(given, name)))
            .Where(item => item.Distance <= farthest).OrderBy(item => item.Distance).Take(count)
            .Select(item => item.Name)];
    }

    // Levenshtein's distance.
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int exchanged = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(exchanged, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
