using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

/// <summary>L(w) = ½ Σ a_i w_i², whose sharpness and Hessian are known: gradient a ⊙ w, Hessian diag(a).</summary>
internal sealed class QuadraticSurface : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    internal QuadraticSurface(double[] curvatures, float[] w)
    {
        var model = Model = new Point(w);
        Weights = new WeightSpace(model, Precision.Float32);
        Tensor a = Tensor.From(curvatures);
        Surface = new LossSurface(model, Weights, [new SurfaceBatch([0], () => model.Value.reshape(1, -1))], (logits, _) => (logits * logits * a).sum() * 0.5);
    }

    internal Point Model { get; }

    internal WeightSpace Weights { get; }

    internal LossSurface Surface { get; }

    public void Dispose()
    {
        Weights.Dispose();
        _scope.Dispose();
    }

    internal sealed class Point : Block
    {
        private readonly Parameter _w;

        internal Point(float[] w) => _w = this.Register("w", Tensor.From(w), ParameterRole.Weight);

        internal Tensor Value => _w;
    }
}
