namespace Sharpless.Data.Sources.Emoji;

/// <summary>Concepts that are drawn alike, joined under the ordinally smallest of their names: else a test picture would have been seen in training under another name.</summary>
internal sealed class JoinedConcepts
{
    private readonly Dictionary<string, string> _parents = new(StringComparer.Ordinal);

    /// <summary>Joins concepts.</summary>
    /// <param name="alike">Groups of concepts with a picture in common.</param>
    public JoinedConcepts(IEnumerable<IEnumerable<string>> alike)
    {
        foreach (string[] concepts in alike.Select(group => group.ToArray()))
            foreach (string concept in concepts[1..]) Join(concepts[0], concept);
    }

    /// <summary>The name under which a concept is joined with others; its own if it is joined with none.</summary>
    public string this[string concept]
    {
        get
        {
            while (_parents.TryGetValue(concept, out string? parent)) concept = parent;
            return concept;
        }
    }

    private void Join(string one, string other)
    {
        (one, other) = (this[one], this[other]);
        if (one == other) return;
        bool isFirst = string.CompareOrdinal(one, other) < 0;
        _parents.Add(isFirst ? other : one, isFirst ? one : other);
    }
}
