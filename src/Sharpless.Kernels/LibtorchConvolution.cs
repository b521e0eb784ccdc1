using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>Whether the convolutions of this libtorch are right on this processor, found out by trying.</summary>
/// <remarks>
/// On some of AMD's processors oneDNN 3.7.1, which libtorch 2.10 carries, leaves garbage in the padding of its blocked
/// layouts (PyTorch issue 163347, open: a 2x2 convolution of ones in bfloat16 gives 1, not 4). Of 6,000 shapes tried
/// there, 2,881 were wrong in bfloat16 and 825 in float32, by tens of per cent. All were right whose images are
/// channels-last without a doubt, and in bfloat16 no smaller than the kernel. Decision 0029.
/// </remarks>
public static class LibtorchConvolution
{
    private static readonly Lazy<bool> Right = new(Try);

    /// <summary>
    /// Whether all shapes are right. Where they are not, <see cref="Fused.Convolution"/> keeps to those that are;
    /// TorchSharp's own layers do not.
    /// </summary>
    public static bool IsTrusted => !IsDistrusted && Right.Value;

    /// <summary>Whether none is trusted whatever was found out: for tests of that way.</summary>
    internal static bool IsDistrusted { get; set; }

    private static bool Try()
    {
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return IsRightInBFloat16()
            && Array.TrueForAll(
                [(8, 20, 4, 1), (48, 8, 4, 2), (17, 16, 4, 1), (48, 8, 3, 1)],
                shape => IsRightInFloat32(shape.Item1, shape.Item2, shape.Item3, shape.Item4)
            );
    }

    private static bool IsRightInBFloat16()
    {
        Tensor ones = torch.ones([1, 1, 2, 2], ScalarType.BFloat16);
        return nn.functional.conv2d(ones, ones).to(ScalarType.Float32).item<float>() == 4;
    }

    // Output and gradient of the input against float64, which does not go through oneDNN.
    private static bool IsRightInFloat32(long inputs, long outputs, long kernel, long stride)
    {
        using Generator generator = new(1);
        Tensor images = randn([2, inputs, 9, 9], generator: generator),
            weight = randn([outputs, inputs, kernel, kernel], generator: generator);
        Tensor[] actual = Both(images, weight),
            expected = Both(images.to(ScalarType.Float64), weight.to(ScalarType.Float64));
        return !actual.Zip(expected, Differ).Any(differs => differs);

        Tensor[] Both(Tensor images, Tensor weight)
        {
            using IDisposable recorded = enable_grad();
            Tensor leaf = images.detach().requires_grad_(true),
                output = nn.functional.conv2d(leaf, weight, padding: [1, 1], strides: [stride, stride]);
            return [output.detach(), autograd.grad([output], [leaf], [ones_like(output)])[0]];
        }

        // NaN differs.
        static bool Differ(Tensor actual, Tensor expected)
        {
            double largest = expected.abs().max().item<double>();
            return !((actual - expected).abs().max().item<double>() <= 1e-3 * largest);
        }
    }
}
