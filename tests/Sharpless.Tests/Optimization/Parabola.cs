using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Optimization;

/// <summary>Weights w with the loss ½ Σ a w²: every step has a closed form.</summary>
internal sealed class Parabola : Block
{
    private readonly Parameter _w;

    internal Parabola(params float[] w) => _w = this.Register("w", Tensor.From(w), ParameterRole.Weight);

    internal double W => _w.Item();

    internal double[] Ws => _w.To(ScalarType.Float64).ToArray<double>();

    internal Tensor Loss(double[] a) => (_w * _w * Tensor.From(Array.ConvertAll(a, x => (float)x))).sum() / 2;

    internal Tensor Loss(double a) => (_w * _w).sum() * (a / 2);
}
