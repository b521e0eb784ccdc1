namespace Sharpless.Analysis;

/// <summary>What an interval says of a claim.</summary>
public enum Verdict
{
    /// <summary>The interval reaches to both sides: chance may do it.</summary>
    Undecided,

    /// <summary>The whole interval lies on the claimed side.</summary>
    Holds,

    /// <summary>The whole interval lies on the other side.</summary>
    Contradicted,
}

/// <summary>Verdicts in words, and on several parts of one claim.</summary>
public static class Verdicts
{
    /// <summary>"holds", "contradicted" or "undecided".</summary>
    public static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Undecided => "undecided",
        Verdict.Holds => "holds",
        Verdict.Contradicted => "contradicted",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "Bug in Sharpless: unknown verdict."),
    };

    /// <summary>Of a claim that its parts make together: one contradicted part contradicts it, an undecided one leaves it so.</summary>
    public static Verdict Together(IEnumerable<Verdict> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Verdict[] all = [.. parts];
        if (all.Contains(Verdict.Contradicted)) return Verdict.Contradicted;
        return all.Contains(Verdict.Undecided) ? Verdict.Undecided : Verdict.Holds;
    }
}
