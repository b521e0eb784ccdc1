using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>Which positions the mean over a text takes in.</summary>
public enum TokenPooling
{
    /// <summary>The tokens of the text.</summary>
    Masked,
    /// <summary>All positions, padding too, as published.</summary>
    All,
}

/// <summary>What <see cref="TokenPooling"/> does.</summary>
public static class TokenPoolings
{
    /// <summary>The mean over positions.</summary>
    /// <param name="pooling">Which positions.</param>
    /// <param name="states">[B, T, D].</param>
    /// <param name="mask">[B, T]: 1 where a token is, 0 where there is padding; at least one 1 in each row.</param>
    /// <returns>[B, D] Float32.</returns>
    public static Tensor Apply(this TokenPooling pooling, Tensor states, Tensor mask)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(mask);
        Tensor values = states.To(ScalarType.Float32);
        switch (pooling)
        {
            case TokenPooling.All:
                return values.mean([1]);
            case TokenPooling.Masked:
                Tensor weights = mask.To(ScalarType.Float32).reshape(mask.size(0), mask.size(1), 1);
                return (values * weights).sum(1) / weights.sum(1);
            default:
                throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "Unknown pooling.");
        }
    }
}
