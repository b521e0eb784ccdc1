namespace Sharpless.Torch.Tests.Kernels;

/// <summary>Batch normalization with leaky ReLU of a matrix [rows, channels], as the textbook writes it, in float64.</summary>
internal sealed class BatchNormReference
{
    public const double Epsilon = 1e-5;

    private readonly double[] _sum, _weight, _bias;
    private readonly int _rows, _channels;
    private readonly double _slope;
    private readonly bool _training;

    public BatchNormReference(double[] sum, double[] weight, double[] bias, double[] runningMean, double[] runningVariance, double slope, bool training)
    {
        (_sum, _weight, _bias, _slope, _training) = (sum, weight, bias, slope, training);
        (_channels, _rows) = (weight.Length, sum.Length / weight.Length);
        (Mean, Variance) = ([.. runningMean], [.. runningVariance]);
        if (training)
        {
            for (int c = 0; c < _channels; c++)
            {
                Mean[c] = Rows(c).Average();
                Variance[c] = Rows(c).Average(value => Math.Pow(value - Mean[c], 2));
            }
        }

        Activated = new double[sum.Length];
        for (int i = 0; i < sum.Length; i++) Activated[i] = Normalized(i) is var z && z > 0 ? z : slope * z;
    }

    /// <summary>Of the batch in training, else the running one.</summary>
    public double[] Mean { get; }

    /// <summary>Biased.</summary>
    public double[] Variance { get; }

    public double[] Activated { get; }

    /// <summary>Gradients of the sum, the weight and the bias, given those of the two results.</summary>
    public (double[] Sum, double[] Weight, double[] Bias) Gradients(double[] ofActivated, double[] ofSum)
    {
        double[] sum = new double[_sum.Length], weight = new double[_channels], bias = new double[_channels];
        var g = new double[_sum.Length];
        for (int i = 0; i < _sum.Length; i++)
        {
            int c = i % _channels;
            g[i] = ofActivated[i] * (Normalized(i) > 0 ? 1 : _slope);
            bias[c] += g[i];
            weight[c] += g[i] * Standardized(i);
        }

        for (int i = 0; i < _sum.Length; i++)
        {
            int c = i % _channels;
            double behind = _training ? g[i] - bias[c] / _rows - Standardized(i) * weight[c] / _rows : g[i];
            sum[i] = ofSum[i] + _weight[c] / Math.Sqrt(Variance[c] + Epsilon) * behind;
        }

        return (sum, weight, bias);
    }

    private IEnumerable<double> Rows(int channel) => Enumerable.Range(0, _rows).Select(row => _sum[(row * _channels) + channel]);

    private double Standardized(int i) => (_sum[i] - Mean[i % _channels]) / Math.Sqrt(Variance[i % _channels] + Epsilon);

    private double Normalized(int i) => Standardized(i) * _weight[i % _channels] + _bias[i % _channels];
}
