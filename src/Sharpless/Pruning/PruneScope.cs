using System.Globalization;

namespace Sharpless.Pruning;

/// <summary>What competes with what when weights are pruned, in one word: <c>layer</c>, <c>global</c>, <c>channel</c> or N:M such as <c>2:4</c>.</summary>
public sealed record PruneScope
{
    private PruneScope(PruneScopeKind kind, int kept = 0, int groupSize = 0) => (Kind, Kept, GroupSize) = (kind, kept, groupSize);

    /// <summary>The smallest weights of each layer.</summary>
    public static PruneScope Layer { get; } = new(PruneScopeKind.Layer);

    /// <summary>The smallest weights of all layers together.</summary>
    public static PruneScope Global { get; } = new(PruneScopeKind.Global);

    /// <summary>Whole output channels of each layer, the smallest L2 norm first.</summary>
    public static PruneScope Channel { get; } = new(PruneScopeKind.Channel);

    /// <summary>Of every <paramref name="groupSize"/> weights in a row, the largest <paramref name="kept"/> stay (arXiv:2104.08378 for 2:4).</summary>
    /// <param name="kept">N: 1 or more.</param>
    /// <param name="groupSize">M: more than N.</param>
    /// <exception cref="ArgumentException">Not 1 &lt;= N &lt; M.</exception>
    public static PruneScope NM(int kept, int groupSize) => kept >= 1 && kept < groupSize
        ? new(PruneScopeKind.NM, kept, groupSize)
        : throw new ArgumentException($"The scope {kept}:{groupSize} keeps {kept} of {groupSize} weights; expected N:M with 1 <= N < M, such as 2:4.", nameof(kept));

    /// <summary>Which of the four.</summary>
    public PruneScopeKind Kind { get; }

    /// <summary>N of N:M: weights that stay of each group. 0 for the other scopes.</summary>
    public int Kept { get; }

    /// <summary>M of N:M: weights of a group. 0 for the other scopes.</summary>
    public int GroupSize { get; }

    /// <summary>Reads a scope as users write it.</summary>
    /// <exception cref="ArgumentException">Not one of the four forms.</exception>
    public static PruneScope Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        return text switch
        {
            "layer" => Layer,
            "global" => Global,
            "channel" => Channel,
            _ when parts.Length == 2 && Number(parts[0]) is int kept && Number(parts[1]) is int groupSize => NM(kept, groupSize),
            _ => throw new ArgumentException($"There is no scope '{text}'; expected layer, global, channel or N:M such as 2:4.", nameof(text)),
        };

        static int? Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
    }

    /// <summary>As users write it.</summary>
    public override string ToString() => Kind == PruneScopeKind.NM ? $"{Kept}:{GroupSize}" : Kind.ToString().ToLowerInvariant();
}
