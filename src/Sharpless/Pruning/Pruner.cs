using System.IO.Enumeration;
using Sharpless.Models;
using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>Chooses by magnitude which weights of a network are pruned.</summary>
public static class Pruner
{
    /// <summary>Chooses the weights that stay.</summary>
    /// <param name="weights">Tensors of a network by name, in its order, borrowed and not changed. Those that are not weights of layers are passed over.</param>
    /// <param name="options">How.</param>
    /// <param name="groups">What belongs to the channels of the network (<see cref="Classifier.ChannelGroups"/>); empty where that is not known. Used by the scope <c>channel</c>.</param>
    /// <param name="before">What is pruned already (Bool, true: live), borrowed; null for nothing. It stays pruned and counts as the smallest.</param>
    /// <exception cref="UsageException">Options that are wrong, nothing to prune, or a weight that is not finite.</exception>
    public static PruneResult Masks(
        IReadOnlyDictionary<string, Tensor> weights, PruneOptions options, IReadOnlyList<ChannelGroup> groups, IReadOnlyDictionary<string, Tensor>? before = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(groups);
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless prune --help.");
        before ??= new Dictionary<string, Tensor>();
        List<string> prunable = [.. weights.Where(item => IsPrunable(item.Key, item.Value, options)).Select(item => item.Key)];
        if (prunable.Count == 0)
        {
            throw new UsageException(
                "There is nothing to prune: no floating-point tensor of two or more dimensions has a name that ends in 'weight'.",
                "Give the weights of a network with the names of PyTorch's state_dict.");
        }

        List<string> exempt = Exempt(prunable, options);
        if (options.Scope.Kind == PruneScopeKind.Channel && ChannelPruning.Last(weights, prunable) is string last && !exempt.Contains(last)) exempt.Add(last);
        List<string> chosen = [.. prunable.Except(exempt)];
        foreach (string name in chosen) RequireFinite(name, weights[name]);

        using IDisposable off = no_grad();
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> live = [];
        List<string> leftWhole = [];
        switch (options.Scope.Kind)
        {
            case PruneScopeKind.Layer:
                foreach (string name in chosen)
                {
                    Tensor magnitudes = Magnitudes(name).flatten();
                    live[name] = SmallestFirst.Live(magnitudes, SmallestFirst.Count(options.Share, magnitudes.NumberOfElements)).reshape(weights[name].shape);
                }

                break;
            case PruneScopeKind.Global:
                if (chosen.Count == 0) break;
                ScalarType widest = chosen.Any(name => weights[name].dtype == ScalarType.Float64) ? ScalarType.Float64 : ScalarType.Float32;
                Tensor all = cat([.. chosen.Select(name => Magnitudes(name).flatten().To(widest))]);
                Tensor allLive = SmallestFirst.Live(all, SmallestFirst.Count(options.Share, all.NumberOfElements));
                long offset = 0;
                foreach (string name in chosen)
                {
                    live[name] = allLive.narrow(0, offset, weights[name].NumberOfElements).reshape(weights[name].shape).clone();
                    offset += weights[name].NumberOfElements;
                }

                break;
            case PruneScopeKind.Channel:
                foreach (string name in chosen)
                {
                    Tensor channels = ChannelPruning.Live(Magnitudes(name), options.Share);
                    foreach ((string part, Tensor mask) in ChannelPruning.Masks(name, channels, weights, groups)) live[part] = mask;
                }

                break;
            case PruneScopeKind.NM:
                foreach (string name in chosen)
                {
                    Tensor magnitudes = Magnitudes(name);
                    long outputs = magnitudes.size(0), groupSize = options.Scope.GroupSize;
                    if (outputs > 0 && magnitudes.NumberOfElements / outputs % groupSize != 0) leftWhole.Add(name);
                    else live[name] = SmallestFirst.Live(magnitudes.reshape(-1, groupSize), groupSize - options.Scope.Kept).reshape(weights[name].shape);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.Scope.Kind, "Unknown scope.");
        }

        bool isChannel = options.Scope.Kind == PruneScopeKind.Channel, hasNorms = weights.Keys.Any(name => name.EndsWith("running_mean", StringComparison.Ordinal));
        List<string> normsUnknown = isChannel && groups.Count == 0 && hasNorms ? chosen : [];
        foreach ((string name, Tensor earlier) in before) live[name] = live.TryGetValue(name, out Tensor? now) ? now.logical_and(earlier) : earlier.clone();
        foreach (Tensor mask in live.Values) scope.MoveToOuter(mask);
        return new PruneResult { Live = live, Prunable = prunable, Exempt = exempt, LeftWhole = leftWhole, NormsUnknown = normsUnknown };

        // Absolute values; -1 where pruned before, which is smaller than any.
        Tensor Magnitudes(string name)
        {
            Tensor magnitudes = weights[name].abs();
            // The narrow types have no kernels for all that follows; float32 holds each of their values.
            if (magnitudes.dtype != ScalarType.Float64) magnitudes = magnitudes.To(ScalarType.Float32);
            if (before.TryGetValue(name, out Tensor? earlier)) magnitudes.masked_fill_(earlier.logical_not(), -1);
            return magnitudes;
        }
    }

    /// <summary>Weights with zeros where they are pruned.</summary>
    /// <param name="weights">Tensors by name, borrowed and not changed.</param>
    /// <param name="live">Bool tensors (true: live) by name, borrowed.</param>
    /// <returns>The same names in the same order, owned by the caller: copies of what is pruned, second references to the rest.</returns>
    public static IReadOnlyDictionary<string, Tensor> Apply(IReadOnlyDictionary<string, Tensor> weights, IReadOnlyDictionary<string, Tensor> live)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(live);
        using IDisposable off = no_grad();
        var pruned = new Dictionary<string, Tensor>();
        foreach ((string name, Tensor weight) in weights)
        {
            pruned[name] = live.TryGetValue(name, out Tensor? mask) ? weight.clone() : weight.Alias();
            if (mask is null) continue;
            using Tensor dead = mask.logical_not();
            pruned[name].masked_fill_(dead, 0);
        }

        return pruned;
    }

    /// <summary>Counts the zeros that a pruned network has.</summary>
    /// <param name="weights">Its tensors by name, borrowed; pruned or not yet.</param>
    /// <param name="result">What is pruned of it.</param>
    public static PruneSummary Summary(IReadOnlyDictionary<string, Tensor> weights, PruneResult result)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(result);
        List<TensorZeros> tensors = [];
        foreach (string name in result.Prunable)
        {
            using var scope = NewDisposeScope();
            Tensor nonZero = weights[name].ne(0);
            if (result.Live.TryGetValue(name, out Tensor? live)) nonZero = nonZero.logical_and(live);
            tensors.Add(new TensorZeros(name, nonZero.NumberOfElements - (long)nonZero.sum().Item(), nonZero.NumberOfElements));
        }

        long zeros = tensors.Sum(tensor => tensor.Zeros), parameters = tensors.Sum(tensor => tensor.Numel);
        return new PruneSummary(zeros, parameters, parameters == 0 ? 0 : (double)zeros / parameters, tensors, result.Exempt, result.LeftWhole);
    }

    private static bool IsPrunable(string name, Tensor weight, PruneOptions options) => weight.dtype.IsFloatingPoint() && weight.NumberOfElements > 0
        && (options.IncludeNorms ? weight.Dimensions > 0 && name.Contains("weight", StringComparison.Ordinal) : Prunable.Is(name, (int)weight.Dimensions));

    private static List<string> Exempt(List<string> prunable, PruneOptions options)
    {
        foreach (string pattern in options.Exempt.Where(pattern => !prunable.Exists(name => Matches(pattern, name))))
        {
            throw new UsageException($"Exempt is '{pattern}', which no prunable tensor is called.", $"They are {string.Join(", ", prunable.Take(20))}{(prunable.Count > 20 ? $" and {prunable.Count - 20} more" : "")}; * stands for any text.");
        }

        return [.. prunable.Where(name => options.Exempt.Any(pattern => Matches(pattern, name)))];

        static bool Matches(string pattern, string name) =>
            FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)
            || (name.EndsWith(".weight", StringComparison.Ordinal) && FileSystemName.MatchesSimpleExpression(pattern, name.AsSpan(0, name.Length - ".weight".Length), ignoreCase: false));
    }

    private static void RequireFinite(string name, Tensor weight)
    {
        if (!weight.AllFinite()) throw new UsageException($"'{name}' has values that are not finite (NaN or infinity), which no magnitude orders.", "Give weights of a training that did not diverge.");
    }
}
