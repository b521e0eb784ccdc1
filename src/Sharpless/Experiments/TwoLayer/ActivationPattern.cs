using System.Collections;
using System.Numerics;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>Which units are on at which training points, and how the pre-activations are spread.</summary>
/// <param name="Iteration">Updates before it.</param>
/// <param name="IsOn">[n, m], row-major: one bit for each point and unit.</param>
/// <param name="Histogram">Pre-activations of all points and units by bins of equal width over <see cref="Range"/>; those beyond count in the last bin of their side.</param>
public sealed record ActivationPattern(int Iteration, BitArray IsOn, IReadOnlyList<int> Histogram)
{
    /// <summary>The histogram's bins reach from minus this to this.</summary>
    public const double Range = 2;

    /// <summary>Bins, half of them below 0.</summary>
    public const int Bins = 40;

    internal static ActivationPattern Of<T>(TwoLayerNetwork<T> network, TeacherTask task, int iteration)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] points = Array.ConvertAll(task.Inputs, T.CreateChecked);
        var isOn = new BitArray(task.Labels.Length * network.Units);
        var histogram = new int[Bins];
        var h = new T[network.Lanes];
        for (int point = 0; point < task.Labels.Length; point++)
        {
            ReadOnlySpan<T> x = points.AsSpan(point * network.Inputs, network.Inputs);
            network.PreActivations(network.Parameters, x, h);
            network.forward(network.Parameters, x);
            for (int unit = 0; unit < network.Units; unit++)
            {
                isOn[point * network.Units + unit] = StudentMetrics.IsOn(network.Activation, double.CreateChecked(network.LastValue(unit)));
                histogram[Math.Clamp((int)Math.Floor((double.CreateChecked(h[unit]) / Range + 1) * (Bins / 2)), 0, Bins - 1)]++;
            }
        }

        return new ActivationPattern(iteration, isOn, histogram);
    }
}
