using System.Numerics;
using Sharpless.Data;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>Trains one two-layer network by SGD with batches of one: plain, with SAM, or with the gradient-norm penalty.</summary>
/// <typeparam name="T">float as published, or double.</typeparam>
internal sealed class StudentTrainer<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    // Sets these draws apart from all others of the same seed.
    private const ulong LabelNoiseStream = 5;

    private readonly TeacherTask _task;
    private readonly byte[] _order;
    private readonly StudentTraining _training;
    private readonly T[] _points;
    private readonly T[] _gradient;
    private readonly T[] _point;
    private readonly T[] _penalty;

    /// <param name="network">Trained in place.</param>
    /// <param name="task">What it learns.</param>
    /// <param name="order">The training point of each update, at least as many as there are updates.</param>
    /// <param name="training">How.</param>
    internal StudentTrainer(TwoLayerNetwork<T> network, TeacherTask task, byte[] order, StudentTraining training)
    {
        (Network, _task, _order, _training) = (network, task, order, training);
        _points = Array.ConvertAll(task.Inputs, T.CreateChecked);
        _gradient = new T[network.Parameters.Length];
        _point = new T[network.Parameters.Length];
        _penalty = new T[training.ActivationPenalty > 0 ? network.Parameters.Length : 0];
    }

    internal TwoLayerNetwork<T> Network { get; }

    /// <summary>Updates done.</summary>
    internal int Iteration { get; private set; }

    /// <summary>The training point [d] of an update.</summary>
    internal ReadOnlySpan<T> PointAt(int iteration) => _points.AsSpan(_order[iteration] * Network.Inputs, Network.Inputs);

    /// <summary>Its label, with noise where there is some.</summary>
    internal T LabelAt(int iteration)
    {
        double label = _task.Labels[_order[iteration]];
        return T.CreateChecked(_training.LabelNoise > 0 && _training.IsRegularized(iteration) ? label + _training.LabelNoise * Normal(iteration) : label);
    }

    /// <summary>One update.</summary>
    internal void Step()
    {
        T[] w = Network.Parameters;
        ReadOnlySpan<T> x = PointAt(Iteration);
        T y = LabelAt(Iteration);
        bool isRegularized = _training.IsRegularized(Iteration);
        bool hasPenalty = _training.ActivationPenalty > 0 && isRegularized;
        if (hasPenalty)
        {
            Array.Clear(_penalty);
            // The published penalty is on ReLU of the pre-activations, whatever φ is.
            Activation penalized = _training.AsPublished ? Activation.Relu : Network.Activation;
            Network.AddActivationPenaltyGradient(w, penalized, _points, T.CreateChecked(_training.ActivationPenalty), _penalty);
        }

        if (_training.Rho > 0 && isRegularized)
        {
            Network.Gradient(w, x, y, _gradient);
            // The published penalty is lost in the second pass, so that it bends the ascent alone.
            bool bendsAscent = hasPenalty && _training.AsPublished;
            if (bendsAscent) AddTo(_gradient, _penalty);
            hasPenalty &= !bendsAscent;
            Ascend(w, T.CreateChecked(_training.Rho));
            Network.Gradient(_point, x, y, _gradient);
        }
        else if (_training.GradientPenalty > 0 && isRegularized)
            Network.GradientNormGradient(w, x, y, T.CreateChecked(_training.GradientPenalty), nanAtZero: _training.AsPublished, _gradient);
        else Network.Gradient(w, x, y, _gradient);

        if (hasPenalty) AddTo(_gradient, _penalty);
        Descend(w, T.CreateChecked(_training.LearningRateAt(Iteration)));
        Iteration++;
    }

    // w + ρ g / |g|, in a vector of its own: w does not move. Where g = 0, w itself.
    private void Ascend(T[] w, T rho)
    {
        // In float64: what rounds this sum rounds the whole trajectory.
        double squares = 0;
        foreach (T g in _gradient) squares += double.CreateChecked(g) * double.CreateChecked(g);
        T norm = T.CreateChecked(Math.Sqrt(squares)), scale = norm == T.Zero ? T.Zero : rho / norm;
        for (int i = 0; i < w.Length; i += Vector<T>.Count) (new Vector<T>(w, i) + scale * new Vector<T>(_gradient, i)).CopyTo(_point, i);
    }

    private void Descend(T[] w, T learningRate)
    {
        for (int i = 0; i < w.Length; i += Vector<T>.Count) (new Vector<T>(w, i) - learningRate * new Vector<T>(_gradient, i)).CopyTo(w, i);
    }

    private static void AddTo(T[] sum, T[] vector)
    {
        for (int i = 0; i < sum.Length; i += Vector<T>.Count) (new Vector<T>(sum, i) + new Vector<T>(vector, i)).CopyTo(sum, i);
    }

    // Box-Muller, a pure function of seed and update. 1 - u is above 0.
    private double Normal(int iteration)
    {
        (uint x0, uint x1, _, _) = Philox.Block((ulong)_training.Seed, LabelNoiseStream << 32, (ulong)iteration);
        return Math.Sqrt(-2 * Math.Log(1 - x0 / 4294967296.0)) * Math.Cos(2 * Math.PI * x1 / 4294967296.0);
    }
}
