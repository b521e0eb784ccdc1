using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>Share of queries whose answer is among the k nearest candidates, by k.</summary>
/// <param name="At">From 0 to 1, for each of <see cref="Ks"/>.</param>
/// <param name="Chance">The same for candidates in random order.</param>
/// <param name="Queries">Number of queries.</param>
/// <param name="Candidates">Number of candidates.</param>
public sealed record Recall(IReadOnlyDictionary<int, double> At, IReadOnlyDictionary<int, double> Chance, int Queries, int Candidates)
{
    /// <summary>The numbers of nearest candidates that are looked at.</summary>
    public static IReadOnlyList<int> Ks { get; } = [1, 5, 10];

    /// <summary>Ranks the candidates of each query by their inner product with it.</summary>
    /// <param name="queries">[Q, E].</param>
    /// <param name="candidates">[C, E].</param>
    /// <param name="isAnswer">Whether a candidate answers a query, by their places; every query has an answer. Of equal products the earlier candidate comes first.</param>
    public static Recall Of(Tensor queries, Tensor candidates, Func<int, int, bool> isAnswer)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(isAnswer);
        const int Block = 256;
        int queryCount = (int)queries.size(0), candidateCount = (int)candidates.size(0);
        var hits = Ks.ToDictionary(k => k, _ => 0);
        var chance = Ks.ToDictionary(k => k, _ => 0.0);
        for (int start = 0; start < queryCount; start += Block)
        {
            using var scope = NewDisposeScope();
            using IDisposable off = no_grad();
            int count = Math.Min(Block, queryCount - start);
            float[] products = queries.narrow(0, start, count).MatrixProduct(candidates.transpose(0, 1)).ToArray<float>();
            for (int i = 0; i < count; i++)
            {
                (int before, int answers) = Place(products.AsSpan(i * candidateCount, candidateCount), candidate => isAnswer(start + i, candidate));
                foreach (int k in Ks)
                {
                    if (before < k) hits[k]++;
                    chance[k] += ByChance(candidateCount, answers, k);
                }
            }
        }

        return new Recall(hits.ToDictionary(item => item.Key, item => (double)item.Value / queryCount), chance.ToDictionary(item => item.Key, item => item.Value / queryCount), queryCount, candidateCount);
    }

    // How many wrong candidates come before the first answer, and how many answers there are.
    private static (int Before, int Answers) Place(ReadOnlySpan<float> products, Predicate<int> isAnswer)
    {
        float best = float.NegativeInfinity;
        int at = -1, answers = 0;
        for (int candidate = 0; candidate < products.Length; candidate++)
        {
            if (!isAnswer(candidate)) continue;
            answers++;
            if (at < 0 || products[candidate] > best) (best, at) = (products[candidate], candidate);
        }

        int before = 0;
        for (int candidate = 0; candidate < products.Length; candidate++)
        {
            if (products[candidate] > best || (products[candidate] == best && candidate < at)) before++;
        }

        return (before, answers);
    }

    // 1 - (the first k of n in random order are all among the n - answers wrong ones).
    private static double ByChance(int candidates, int answers, int k)
    {
        double none = 1;
        for (int i = 0; i < Math.Min(k, candidates); i++) none *= Math.Max(0, (double)(candidates - answers - i)) / (candidates - i);
        return 1 - none;
    }
}
