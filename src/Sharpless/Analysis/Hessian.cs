using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>
/// The Hessian of a loss surface at w as a linear map: products with vectors by a second backward pass, exact up to the rounding of float32,
/// and never the matrix. Rows and columns of pruned weights are left out.
/// </summary>
internal sealed class Hessian : IDisposable
{
    private readonly LossSurface _surface;
    private readonly Tensor[] _live;

    /// <param name="surface">Stands at w.</param>
    /// <param name="parameters">Only parameters whose name contains one of these texts; empty for all.</param>
    /// <exception cref="ArgumentException">The point is bfloat16.</exception>
    internal Hessian(LossSurface surface, IReadOnlyList<string> parameters)
    {
        // libtorch 1.13 mixes up the channels in second derivatives of bfloat16 convolutions.
        if (surface.Weights.Precision != Precision.Float32)
            throw new ArgumentException($"The Hessian is computed in float32, but the point of the weights is {surface.Weights.Precision}.", nameof(surface));
        _surface = surface;
        _live = WeightScale.Of(surface.Weights, new Neighbourhood { Parameters = parameters });
    }

    /// <summary>H v. Both vectors are one flat Float32 tensor for each segment.</summary>
    /// <param name="vector">v; 0 where weights are pruned or left out, as <see cref="Restrict"/> makes it.</param>
    /// <returns>Owned by the caller.</returns>
    internal Tensor[] Times(IReadOnlyList<Tensor> vector)
    {
        Tensor[] product = _surface.Weights.NewVector();
        _surface.MultiplyByHessian(vector, product);
        Restrict(product);
        return product;
    }

    /// <summary>Sets to 0 what is pruned or left out.</summary>
    internal void Restrict(IReadOnlyList<Tensor> vector)
    {
        for (int i = 0; i < _live.Length; i++) vector[i].mul_(_live[i]);
    }

    /// <summary>A vector of random numbers, 0 where weights are pruned or left out.</summary>
    /// <param name="draw">Fills a tensor of the CPU.</param>
    internal Tensor[] Draw(Action<Tensor> draw)
    {
        Tensor[] vector = [.. _live.Select(live =>
        {
            Tensor values = Tensor.Empty(live.shape);
            draw(values);
            return values.To(live.device);
        })];
        Restrict(vector);
        return vector;
    }

    public void Dispose()
    {
        foreach (Tensor live in _live) live.Dispose();
    }
}
