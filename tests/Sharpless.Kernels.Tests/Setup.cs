using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

/// <summary>
/// What the tests share: libtorch is loaded before TorchSharp is used, and tensors are drawn from seeds.
/// </summary>
internal static class Setup
{
    // The tests use TorchSharp before anything of the library. A probe loads it by itself.
#pragma warning disable CA2255
    [ModuleInitializer]
    internal static void LoadLibtorch()
    {
        if (Assembly.GetEntryAssembly() != typeof(Setup).Assembly)
            Libtorch.Load();
    }
#pragma warning restore CA2255

    /// <summary>Normal numbers, rounded to a type.</summary>
    internal static Tensor Drawn(long seed, ScalarType type, params long[] shape)
    {
        using Generator generator = new(unchecked((ulong)seed));
        return randn(shape, generator: generator).to(type);
    }

    /// <summary>The same numbers with the memory of [B, H, W, C].</summary>
    internal static Tensor ChannelsLast(this Tensor images) =>
        images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>A leaf that asks for a gradient, with the same memory.</summary>
    internal static Tensor Leaf(this Tensor tensor) => tensor.detach().requires_grad_(true);

    /// <summary>The same numbers in float64, a leaf.</summary>
    internal static Tensor Exact(this Tensor tensor) => tensor.detach().to(ScalarType.Float64).requires_grad_(true);

    /// <summary>Largest difference over the largest number that is expected.</summary>
    internal static double Difference(Tensor actual, Tensor expected)
    {
        Assert.Equal(expected.shape, actual.shape);
        Tensor exact = expected.detach().to(ScalarType.Float64);
        double largest = exact.abs().max().item<double>();
        return (actual.detach().to(ScalarType.Float64) - exact).abs().max().item<double>() / Math.Max(largest, 1e-30);
    }

    /// <summary>Asserts equality to a share of the largest number, and says by how much it is missed.</summary>
    internal static void Near(Tensor actual, Tensor expected, double tolerance, string what)
    {
        double difference = Difference(actual, expected);
        Assert.True(
            difference <= tolerance,
            $"{what}: the largest difference is {difference:E2} of the largest number, allowed {tolerance:E2}."
        );
    }

    /// <summary>What one rounding to a type may change, as a share of a number.</summary>
    internal static double Rounding(this ScalarType type) => type == ScalarType.BFloat16 ? 1.0 / 256 : 1.0 / (1 << 24);
}
