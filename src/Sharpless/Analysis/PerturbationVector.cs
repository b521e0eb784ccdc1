using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>A perturbation c ⊙ u of the weights of a space, and the steps that sharpness takes with it. c is 0 for what is pruned or left out.</summary>
internal sealed class PerturbationVector : IDisposable
{
    // Keeps a direction finite where the gradient is 0; as in SAM.
    private const double Epsilon = 1e-12;


    private readonly WeightSpace _weights;
    private readonly PerturbationNorm _norm;
    private readonly Tensor[] _scale;
    private readonly Tensor[] _u;

    /// <exception cref="ArgumentException">The neighbourhood names no parameter of the space.</exception>
    internal PerturbationVector(WeightSpace weights, Neighbourhood neighbourhood)
    {
        (_weights, _norm) = (weights, neighbourhood.Norm);
        _scale = WeightScale.Of(weights, neighbourhood);
        using (new Outside()) _u = weights.NewVector();
    }

    /// <summary>Number of weights that can move.</summary>
    internal long Count => (long)_scale.Sum(Counted);

    /// <summary>u = 0.</summary>
    internal void Clear()
    {
        foreach (Tensor u in _u) u.fill_(0);
    }

    /// <summary>u = the other's u, of the same space and neighbourhood.</summary>
    internal void CopyFrom(PerturbationVector other)
    {
        for (int i = 0; i < _u.Length; i++) _u[i].copy_(other._u[i]);
    }

    /// <summary>u is drawn evenly from the sphere of a radius (L2), or from the cube (L∞).</summary>
    internal void DrawFrom(double radius, Generator generator)
    {
        using var scope = NewDisposeScope();
        foreach ((Tensor u, Tensor scale) in _u.Zip(_scale))
        {
            u.copy_(Drawn(u, draw =>
            {
                if (_norm == PerturbationNorm.L2) draw.normal_(0, 1, generator);
                else draw.uniform_(-radius, radius, generator);
            }));
            u.mul_(scale.ne(0)); // what cannot move takes no part in the norm
        }

        if (_norm != PerturbationNorm.L2) return;
        double norm = Norm(_u);
        Multiply(norm > 0 ? radius / norm : 0);
    }

    /// <summary>u is drawn from N(0, sigma² I).</summary>
    internal void DrawNormal(double sigma, Generator generator)
    {
        using var scope = NewDisposeScope();
        foreach (Tensor u in _u) u.copy_(Drawn(u, draw => draw.normal_(0, sigma, generator)));
    }

    /// <summary>u moves along the gradient that lies in the weight space, and back into the ball of a radius.</summary>
    /// <param name="step">Size of the step in the norm of u; without normalization, what the gradient is multiplied with.</param>
    /// <param name="radius">ρ.</param>
    /// <param name="isNormalized">Whether the step has the size <paramref name="step"/> whatever the gradient is.</param>
    internal void Ascend(double step, double radius, bool isNormalized)
    {
        using var scope = NewDisposeScope();
        // The gradient in u is c ⊙ g.
        Tensor[] direction = [.. _weights.Segments.Select((segment, i) => segment.Gradient.To(ScalarType.Float32) * _scale[i])];
        double factor = step;
        if (isNormalized && _norm == PerturbationNorm.L2) factor = step / (Norm(direction) + Epsilon);
        if (isNormalized && _norm == PerturbationNorm.LInfinity) direction = [.. direction.Select(part => part.sign())];
        for (int i = 0; i < _u.Length; i++) _u[i].add_(direction[i], factor);
        Project(radius);
    }

    /// <summary>
    /// u = the direction in which the loss rises fastest, by the gradient that lies in the weight space: of norm 1, or 0 where the
    /// gradient is 0.
    /// </summary>
    internal void PointUphill()
    {
        Clear();
        Ascend(step: 1, radius: 1, isNormalized: true);
    }

    /// <summary>u moves by factor times the other's u, of the same space and neighbourhood.</summary>
    internal void Add(PerturbationVector other, double factor)
    {
        for (int i = 0; i < _u.Length; i++) _u[i].add_(other._u[i], factor);
    }

    /// <summary>u = factor · u.</summary>
    internal void Multiply(double factor)
    {
        using Tensor number = full([], factor, ScalarType.Float32, _u[0].device);
        foreach (Tensor u in _u) u.mul_(number);
    }

    /// <summary>u goes back into the ball of a radius, to its nearest point.</summary>
    internal void Project(double radius)
    {
        if (_norm == PerturbationNorm.LInfinity)
        {
            foreach (Tensor u in _u) u.clamp_(-radius, radius);
            return;
        }

        double norm = Norm(_u);
        if (norm > radius) Multiply(radius / norm);
    }

    /// <summary>The model stands at w + factor · c ⊙ u.</summary>
    internal void Displace(double factor = 1)
    {
        using var scope = NewDisposeScope();
        _weights.Displace([.. _u.Zip(_scale, (u, scale) => u * scale)], factor);
    }

    /// <summary>Norm of u, of the neighbourhood's kind.</summary>
    internal double Norm()
    {
        using var scope = NewDisposeScope();
        return _norm == PerturbationNorm.L2 ? Norm(_u) : _u.Max(u => u.NumberOfElements == 0 ? 0 : u.abs().amax([0]).Item());
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _scale.Concat(_u)) tensor.Dispose();
    }

    // Generators are of the CPU; so are their draws, whatever the device of u.
    private static Tensor Drawn(Tensor u, Action<Tensor> draw)
    {
        Tensor values = Tensor.Empty(u.shape);
        draw(values);
        return values;
    }

    private static double Norm(IEnumerable<Tensor> vector) => Math.Sqrt(vector.Sum(part => WeightPass.SquaredNorm(part)));

    private static double Counted(Tensor scale)
    {
        using Tensor count = scale.count_nonzero();
        return count.Item();
    }
}
