using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>The vector c of a neighbourhood: what each weight's perturbation is multiplied with.</summary>
internal static class WeightScale
{
    /// <returns>
    /// One flat Float32 tensor for each segment, owned by the caller: 1 or |w| for weights that may move; 0 for those that are pruned or left out, and
    /// where no weight lies.
    /// </returns>
    /// <exception cref="ArgumentException">The neighbourhood names no parameter of the space.</exception>
    internal static Tensor[] Of(WeightSpace weights, Neighbourhood neighbourhood)
    {
        IReadOnlyList<string> texts = neighbourhood.Parameters;
        WeightSlot[] slots = [.. weights.Slots.Where(slot => texts.Count == 0 || texts.Any(text => slot.Name.Contains(text, StringComparison.Ordinal)))];
        if (slots.Length == 0)
        {
            throw new ArgumentException(
                $"No parameter's name contains {string.Join(" or ", texts.Select(text => $"'{text}'"))}; the model's parameters are {string.Join(", ", weights.Slots.Take(4).Select(slot => slot.Name))}, ...",
                nameof(neighbourhood));
        }

        Tensor[] scale;
        using (new Outside()) scale = weights.NewVector();
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        foreach (WeightSlot slot in slots)
        {
            Tensor own = slot.View(scale[slot.Segment]);
            if (neighbourhood.IsAdaptive) own.copy_(weights.MasterOf(slot).abs());
            else own.fill_(1);
            if (weights.MaskOf(slot) is { } live) own.mul_(live);
        }

        return scale;
    }
}
