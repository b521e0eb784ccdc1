using Sharpless.Torch;

namespace Sharpless.Pruning;

/// <summary>The choice that all criteria share: exactly so many go, the smallest first, equal ones by position.</summary>
internal static class SmallestFirst
{
    /// <summary>floor(amount * count), of the amount that was meant: 0.29 of 100 is 29, although the product of the two in binary is 28.999999999999996.</summary>
    internal static long Count(double amount, long count)
    {
        // The nearest binary number to an amount and the product are each rounded once, by half a unit in the last place.
        const double Rounding = 4 * 2.220446049250313e-16;
        double product = amount * count, nearest = Math.Round(product);
        return (long)(Math.Abs(product - nearest) <= Rounding * nearest ? nearest : Math.Floor(product));
    }

    /// <summary>Marks all but the smallest along the last dimension.</summary>
    /// <param name="magnitudes">[..., L], finite.</param>
    /// <param name="pruned">How many go of each L, 0 to L.</param>
    /// <returns>Bool of the same shape, true where live.</returns>
    internal static Tensor Live(Tensor magnitudes, long pruned)
    {
        if (pruned == 0) return full(magnitudes.shape, 1, ScalarType.Bool, magnitudes.device);
        if (pruned == magnitudes.size(-1)) return zeros(magnitudes.shape, ScalarType.Bool, magnitudes.device);
        using var scope = NewDisposeScope();
        Tensor threshold = magnitudes.KthSmallest(pruned, keep: true);
        Tensor below = magnitudes.lt(threshold), equal = magnitudes.eq(threshold);
        // Those at the threshold share what is left of the count; the first ones go. Counted in Int64: a sum with a C# number would be Float32, which is not exact beyond 2^24.
        Tensor left = full([], pruned + 1, ScalarType.Int64, magnitudes.device) - below.sum(-1, keepdim: true);
        Tensor goes = below.logical_or(equal.logical_and(equal.cumsum(-1).lt(left)));
        return scope.MoveToOuter(goes.logical_not());
    }
}
