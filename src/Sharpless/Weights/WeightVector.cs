using Sharpless.Torch;

namespace Sharpless.Weights;

/// <summary>
/// A vector of weight space, one Float32 number for each weight: what the formulas of SAM and its relatives are written with. Its tensors belong to
/// the <see cref="DisposeScope"/> that it was made in; sums and products are new vectors.
/// </summary>
public sealed class WeightVector
{
    internal WeightVector(IEnumerable<Tensor> segments) => Segments = [.. segments];

    /// <summary>One flat tensor for each segment of the space.</summary>
    public IReadOnlyList<Tensor> Segments { get; }

    /// <summary>Sum.</summary>
    public static WeightVector operator +(WeightVector left, WeightVector right) => Of(left, right, (a, b) => a + b);

    /// <summary>Difference.</summary>
    public static WeightVector operator -(WeightVector left, WeightVector right) => Of(left, right, (a, b) => a - b);

    /// <summary>Product with a number.</summary>
    public static WeightVector operator *(WeightVector vector, double scale)
    {
        ArgumentNullException.ThrowIfNull(vector);
        return new WeightVector(vector.Segments.Select(segment => segment * scale));
    }

    /// <inheritdoc cref="op_Addition"/>
    public static WeightVector Add(WeightVector left, WeightVector right) => left + right;

    /// <inheritdoc cref="op_Subtraction"/>
    public static WeightVector Subtract(WeightVector left, WeightVector right) => left - right;

    /// <inheritdoc cref="op_Multiply"/>
    public static WeightVector Multiply(WeightVector left, double right) => left * right;

    /// <summary>Elementwise product.</summary>
    public WeightVector Times(WeightVector other) => Of(this, other, (a, b) => a * b);

    /// <summary>Absolute values.</summary>
    public WeightVector Abs() => new(Segments.Select(segment => segment.abs()));

    /// <summary>A number added to every entry.</summary>
    public WeightVector Plus(double value) => new(Segments.Select(segment => segment + value));

    /// <summary>Adds a multiple of another vector to this one.</summary>
    public void AddInPlace(WeightVector other, double scale)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (int i = 0; i < Segments.Count; i++) Segments[i].add_(other.Segments[i], scale);
    }

    /// <summary>L2 norm, added up in float64.</summary>
    public double Norm() => Math.Sqrt(Dot(this));

    /// <summary>Inner product, added up in float64. Waits for the device.</summary>
    public double Dot(WeightVector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        using var scope = NewDisposeScope();
        return Segments.Zip(other.Segments, (a, b) => (a.To(ScalarType.Float64) * b.To(ScalarType.Float64)).sum().Item()).Sum();
    }

    /// <summary>Number of entries that are not 0. Waits for the device.</summary>
    public long NonZeros()
    {
        using var scope = NewDisposeScope();
        return Segments.Sum(segment => (long)segment.ne(0).sum().Item());
    }

    private static WeightVector Of(WeightVector left, WeightVector right, Func<Tensor, Tensor, Tensor> combine)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new WeightVector(left.Segments.Zip(right.Segments, combine));
    }
}
