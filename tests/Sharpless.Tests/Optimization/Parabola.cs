using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Optimization;

/// <summary>Weights w with the loss ½ Σ a w²: every step has a closed form.</summary>
internal sealed class Parabola : Module
{
    private readonly Parameter _w;

    internal Parabola(params float[] w) => _w = Register("w", Tensor.From(w), ParameterRole.Weight);

    internal double W => _w.Value.Item();

    internal double[] Ws => _w.Value.To(ScalarType.Float64).ToArray<double>();

    internal Tensor Loss(double[] a) => (_w.Value * _w.Value * Tensor.From(Array.ConvertAll(a, x => (float)x))).sum() / 2;

    internal Tensor Loss(double a) => (_w.Value * _w.Value).sum() * (a / 2);
}
