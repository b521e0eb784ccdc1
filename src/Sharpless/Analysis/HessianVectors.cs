using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Arithmetic of vectors that lie in segments, one flat Float32 tensor each. Sums are float64.</summary>
internal static class HessianVectors
{

    /// <summary>a · b.</summary>
    internal static double Dot(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b)
    {
        using var scope = NewDisposeScope();
        return a.Zip(b, (x, y) => (x * y).sum(ScalarType.Float64).Item()).Sum();
    }

    /// <summary>|a|.</summary>
    internal static double Norm(IReadOnlyList<Tensor> a) => Math.Sqrt(Dot(a, a));

    /// <summary>a += factor * b.</summary>
    internal static void Add(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, double factor)
    {
        for (int i = 0; i < a.Count; i++) a[i].add_(b[i], factor);
    }

    /// <summary>factor * a, owned by the caller.</summary>
    internal static Tensor[] Scaled(IReadOnlyList<Tensor> a, double factor) => [.. a.Select(part => part * factor)];
}
