using System.Text.Json.Serialization;

namespace Sharpless.Data;

/// <summary>How wrong labels are chosen.</summary>
public enum LabelNoiseKind
{
    /// <summary>Uniformly among the other classes.</summary>
    [JsonStringEnumMemberName("sym")]
    Symmetric,
    /// <summary>The class that is easily mistaken for the right one; what that is depends on the data set.</summary>
    [JsonStringEnumMemberName("asym")]
    Asymmetric,
}

/// <summary>
/// Wrong labels for a share of the training examples, as arXiv:2305.16292's program draws them, but once: every part of a run sees the same ones.
/// </summary>
/// <param name="Share">Share of the training examples, from 0 to 1; int(Share * N) are chosen. A chosen example may keep its label where the noise is asymmetric.</param>
/// <param name="Kind">How the wrong label is chosen.</param>
public sealed record LabelNoise(double Share, LabelNoiseKind Kind)
{
    // Sets these draws apart from all others of the same seed.
    private const ulong Stream = 4;

    /// <summary>A training set with noisy labels, and which of its examples were chosen. Test sets stay clean.</summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="set">Its training examples; not changed.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="UsageException">Asymmetric noise on a data set for which none is defined.</exception>
    public (ImageSet Set, bool[] IsNoisy) Apply(string name, ImageSet set, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(set);
        Func<int, int>? asymmetric = Kind == LabelNoiseKind.Asymmetric ? Mistakes(name, set.Classes) : null;
        var labels = (int[])set.Labels.Clone();
        var isNoisy = new bool[set.Count];
        foreach (int example in Philox.Permutation(set.Count, seed, Stream << 32).AsSpan(0, (int)(Share * set.Count)))
        {
            isNoisy[example] = true;
            // A step of 1 to K - 1 classes onwards: uniform over the others.
            uint draw = Philox.Block(seed, Stream << 32 | 1, (ulong)example).X0;
            labels[example] = asymmetric?.Invoke(labels[example]) ?? (labels[example] + 1 + (int)((ulong)draw * (uint)(set.Classes - 1) >> 32)) % set.Classes;
        }

        return (set.WithLabels(labels), isNoisy);
    }

    private static Func<int, int> Mistakes(string name, int classes) => name switch
    {
        // Truck becomes automobile, bird aeroplane, cat and dog each other, deer horse.
        "cifar10" => label => label switch { 9 => 1, 2 => 0, 3 => 5, 5 => 3, 4 => 7, _ => label },
        "cifar100" or "svhn" => label => (label + 1) % classes,
        _ => throw new UsageException($"Asymmetric label noise is not defined for '{name}'.", "It is for cifar10, cifar100 and svhn; --noise-type sym works everywhere."),
    };
}
