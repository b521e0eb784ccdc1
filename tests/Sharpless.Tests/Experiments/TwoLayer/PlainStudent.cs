using Sharpless.Experiments.TwoLayer;

namespace Sharpless.Tests.Experiments.TwoLayer;

/// <summary>The obvious one-at-a-time student in float64: plain loops over the units, all weights in one row.</summary>
internal sealed class PlainStudent(Activation activation, TwoLayerWeights start)
{
    private readonly int _units = start.Units;
    private readonly int _inputs = start.Inputs;

    /// <summary>W row by row, b, a, c.</summary>
    internal double[] Weights { get; private set; } =
        [.. start.Hidden.Select(value => (double)value), .. start.HiddenBias.Select(value => (double)value), .. start.Output.Select(value => (double)value), start.OutputBias];

    /// <summary>One SAM step at one point.</summary>
    internal void Step(double[] x, double y, double learningRate, double rho)
    {
        double[] gradient = Gradient(Weights, x, y);
        double norm = Math.Sqrt(gradient.Sum(value => value * value));
        double[] point = [.. Weights.Zip(gradient, (w, g) => norm == 0 ? w : w + rho * g / norm)];
        Weights = [.. Weights.Zip(Gradient(point, x, y), (w, g) => w - learningRate * g)];
    }

    internal double Output(double[] w, double[] x)
    {
        double sum = w[^1];
        for (int unit = 0; unit < _units; unit++) sum += w[_units * (_inputs + 1) + unit] * Value(PreActivation(w, x, unit));
        return sum;
    }

    internal double[] Gradient(double[] w, double[] x, double y)
    {
        double residual = Output(w, x) - y;
        var gradient = new double[w.Length];
        for (int unit = 0; unit < _units; unit++)
        {
            double h = PreActivation(w, x, unit), a = w[_units * (_inputs + 1) + unit];
            for (int input = 0; input < _inputs; input++) gradient[unit * _inputs + input] = 2 * residual * a * Slope(h) * x[input];
            gradient[_units * _inputs + unit] = 2 * residual * a * Slope(h);
            gradient[_units * (_inputs + 1) + unit] = 2 * residual * Value(h);
        }

        gradient[^1] = 2 * residual;
        return gradient;
    }

    internal double PreActivation(double[] w, double[] x, int unit)
    {
        double h = w[_units * _inputs + unit];
        for (int input = 0; input < _inputs; input++) h += w[unit * _inputs + input] * x[input];
        return h;
    }

    private double Value(double h) => activation switch { Activation.Relu => Math.Max(h, 0), Activation.Absolute => Math.Abs(h), _ => Math.Tanh(h) };

    private double Slope(double h) => activation switch { Activation.Relu => h > 0 ? 1 : 0, Activation.Absolute => Math.Sign(h), _ => 1 - Math.Tanh(h) * Math.Tanh(h) };
}
