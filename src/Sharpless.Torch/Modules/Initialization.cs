
namespace Sharpless.Torch.Modules;

/// <summary>First values of weights.</summary>
public static class Initialization
{
    /// <summary>Kaiming normal, fan-out (arXiv:1502.01852): N(0, 2 / (k * k * outputs)) for a convolution's weight; its bias 0.</summary>
    public static void KaimingNormalFanOut(Convolution convolution, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(convolution);
        long[] shape = convolution.Weight.shape;
        using IDisposable off = no_grad();
        convolution.Weight.normal_(0, Math.Sqrt(2.0 / (shape[0] * shape[2] * shape[3])), generator);
        convolution.Bias?.fill_(0);
    }

    /// <summary>PyTorch's default for a linear layer's weight, U(-1/sqrt(inputs), 1/sqrt(inputs)); its bias 0, as the published classifiers have it.</summary>
    public static void UniformFanIn(Linear linear, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(linear);
        double bound = 1 / Math.Sqrt(linear.Weight.size(1));
        using IDisposable off = no_grad();
        linear.Weight.uniform_(-bound, bound, generator);
        linear.Bias?.fill_(0);
    }

    /// <summary>
    /// LeCun's initialization as the library Flax draws it: a normal distribution of variance 1 / fan-in, cut off at two standard deviations of the one before
    /// cutting, which is therefore wider by 1 / 0.8796.
    /// </summary>
    /// <param name="weight">Filled.</param>
    /// <param name="fanIn">Inputs of each output, 1 or more.</param>
    /// <param name="generator">Draws.</param>
    public static void LeCunNormal(Tensor weight, long fanIn, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentOutOfRangeException.ThrowIfLessThan(fanIn, 1);
        const double DeviationAfterCutting = 0.87962566103423978;
        // x = sqrt(2) erfinv(v) is normal where v is even in (-1, 1); this bound, erf(2 / sqrt(2)), cuts x off at 2.
        const double Bound = 0.95449973610364158;
        using IDisposable off = no_grad();
        weight.uniform_(-Bound, Bound, generator);
        weight.erfinv_();
        using Tensor scale = full([], Math.Sqrt(2.0 / fanIn) / DeviationAfterCutting, weight.dtype);
        weight.mul_(scale);
    }

    /// <summary>PyTorch's own defaults: every weight and bias of the convolutions and linear layers of a network uniform within 1 / sqrt(fan-in). The rest is left alone.</summary>
    public static void PyTorchDefaults(nn.Module network, Generator generator)
    {
        ArgumentNullException.ThrowIfNull(network);
        using IDisposable off = no_grad();
        foreach (nn.Module module in network.All())
        {
            (Parameter? weight, Parameter? bias) = module switch
            {
                Convolution convolution => (convolution.Weight, convolution.Bias),
                Linear linear => (linear.Weight, linear.Bias),
                _ => (null, null),
            };
            if (weight is null) continue;
            double bound = 1 / Math.Sqrt((double)weight.NumberOfElements / weight.size(0));
            weight.uniform_(-bound, bound, generator);
            bias?.uniform_(-bound, bound, generator);
        }
    }
}
