namespace Sharpless.Experiments.Sparse;

/// <summary>What the published exercise on sparse networks does wrong, by the name under which its behaviour can be had.</summary>
public enum PublishedFault
{
    /// <summary>The SGD arm is stepped by an optimizer that was built on the dense model: the pruned weights never move, only their batch-norm statistics do.</summary>
    StaleOptimizer,
    /// <summary>SAM's second step subtracts a perturbation made of the second gradient instead of going back to w.</summary>
    DriftingRestore,
    /// <summary>Pruned weights are not held at 0: they take gradient and grow back.</summary>
    NoMask,
    /// <summary>Every parameter whose name contains <c>weight</c> is pruned, the scales of batch norm too.</summary>
    PruneNorms,
}

/// <summary>Names of <see cref="PublishedFault"/>.</summary>
public static class PublishedFaults
{
    private const string Separator = ",", NoFault = "none";

    /// <summary>All of them: the published exercise as it is.</summary>
    public static IReadOnlyList<PublishedFault> All { get; } = Enum.GetValues<PublishedFault>();

    /// <summary>As on the command line.</summary>
    public static string Name(this PublishedFault fault) => fault switch
    {
        PublishedFault.StaleOptimizer => "stale-optimizer",
        PublishedFault.DriftingRestore => "drifting-restore",
        PublishedFault.NoMask => "no-mask",
        PublishedFault.PruneNorms => "prune-norms",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "Unknown fault."),
    };

    /// <summary>Reads names as on the command line.</summary>
    /// <param name="text">Names separated by commas, or <c>none</c>.</param>
    /// <returns>The faults in the order of <see cref="All"/>, each once.</returns>
    /// <exception cref="ArgumentException">An unknown name; the known ones are listed.</exception>
    public static IReadOnlyList<PublishedFault> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == NoFault) return [];
        string[] names = text.Split(Separator, StringSplitOptions.TrimEntries);
        if (Array.Find(names, name => !All.Any(fault => fault.Name() == name)) is string unknown)
        {
            throw new ArgumentException($"There is no published fault '{unknown}'; known: {string.Join(", ", All.Select(Name))}, or {NoFault}.", nameof(text));
        }

        return [.. All.Where(fault => names.Contains(fault.Name()))];
    }
}
