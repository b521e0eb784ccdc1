namespace Sharpless.Experiments.TwoLayer;

/// <summary>
/// How one SAM step with batch 1 and loss (f - y)² changes the pre-activations of a ReLU network at its own point, in closed form.
/// </summary>
/// <remarks>
/// With r = f - y, s = sign r, q_j = 1 where h_j is above 0, n² = |x|² + 1 (the 1 is the bias's input) and N = |gradient of f|, to first order in ρ
/// SAM goes down r² + 2 ρ |r| N, so that (arXiv:2305.16292, whose loss is r² / 2 and which has no biases)
///   Δh_j = - 2 η (r + ρ s N) a_j q_j n²  -  2 η ρ |r| ReLU(h_j) n² / N.
/// The first term fits the label. The second, the reduction, lowers every pre-activation that is above 0. To all orders, as long as the
/// perturbation switches no unit on or off,
///   Δh_j = - 2 η r' (a_j + ρ s ReLU(h_j) / N) q_j n²,  r' = r + ρ s N + ρ² n² (f - c) / N².
/// </remarks>
internal sealed class PreActivationChange
{
    private readonly TwoLayerNetwork<double> _network;

    internal PreActivationChange(TwoLayerNetwork<double> network)
    {
        _network = network;
        Before = new double[network.Lanes];
        Fitting = new double[network.Lanes];
        Reduction = new double[network.Lanes];
        Exact = new double[network.Lanes];
    }

    /// <summary>h before the step, [Lanes].</summary>
    internal double[] Before { get; }

    /// <summary>First term to first order.</summary>
    internal double[] Fitting { get; }

    /// <summary>Second term to first order, as the amount by which it lowers: 0 or more.</summary>
    internal double[] Reduction { get; }

    /// <summary>The change to all orders; valid where <see cref="KeepsPattern"/>.</summary>
    internal double[] Exact { get; }

    /// <summary>Whether the perturbation switches no unit on or off at this point.</summary>
    internal bool KeepsPattern { get; private set; }

    /// <summary>Predicts the step from where the network is.</summary>
    /// <param name="x">The point [d].</param>
    /// <param name="y">Its label.</param>
    /// <param name="learningRate">η.</param>
    /// <param name="rho">ρ.</param>
    internal void Predict(ReadOnlySpan<double> x, double y, double learningRate, double rho)
    {
        double[] w = _network.Parameters;
        _network.PreActivations(w, x, Before);
        double f = _network.forward(w, x), residual = f - y, sign = Math.Sign(residual);
        double norm = _network.OutputGradientNorm(w, x), square = TwoLayerNetwork<double>.SquareWithBias(x);
        double fit = residual + rho * sign * norm, exactFit = fit + rho * rho * square * (f - w[_network.OutputBias]) / (norm * norm);
        KeepsPattern = true;
        for (int unit = 0; unit < _network.Units; unit++)
        {
            double value = Math.Max(Before[unit], 0), q = Before[unit] > 0 ? 1 : 0, a = w[_network.Output + unit];
            Fitting[unit] = -2 * learningRate * fit * a * q * square;
            Reduction[unit] = 2 * learningRate * rho * Math.Abs(residual) * value * square / norm;
            Exact[unit] = -2 * learningRate * exactFit * (a + rho * sign * value / norm) * q * square;
            // The perturbation moves h by ρ s a q n² / N; a unit that is off is not moved.
            if (q > 0 && Before[unit] + rho * sign * a * square / norm <= 0) KeepsPattern = false;
        }
    }
}
