using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>One ascent by Auto-PGD (arXiv:2003.01690, Algorithm 1), in the perturbation u and with its norm.</summary>
/// <remarks>
/// arXiv:2302.07011 takes this algorithm to sharpness. Its code steps and averages in c ⊙ u, so that an adaptive L2 step is not
/// the steepest one of its ellipsoid; here every norm is a ball of u. Where the loss is not finite, the ascent goes back at once.
/// </remarks>
internal sealed class AutomaticAscent : IDisposable
{
    // α of the paper: the share of the new step, beside the last one.
    private const double NewStep = 0.75;

    // ρ of the paper: the share of the steps since the last checkpoint that must have raised the loss.
    private const double EnoughProgress = 0.75;

    private readonly PerturbationVector _u;
    private readonly PerturbationVector _previous;
    private readonly PerturbationVector _next;
    private readonly PerturbationVector _direction;
    private readonly PerturbationVector _best;
    private readonly PerturbationVector _bestDirection;
    private readonly double _rho;
    private readonly double _firstSize;
    private readonly HashSet<int> _checkpoints;

    private int _step;
    private double _size;
    private double _loss;
    private double _bestLoss;
    private int _improvements;
    private (int Step, double Size, double BestLoss) _checkpoint;

    /// <param name="weights">Holds the gradient at each step.</param>
    /// <param name="options">Of the search.</param>
    /// <param name="u">What moves.</param>
    internal AutomaticAscent(WeightSpace weights, WorstCaseOptions options, PerturbationVector u)
    {
        (_u, _rho, _firstSize, _checkpoints) = (u, options.Rho, options.SizeOf(0), CheckpointsOf(options.Steps));
        _previous = New();
        _next = New();
        _direction = New();
        _best = New();
        _bestDirection = New();
        PerturbationVector New() => new(weights, options.Neighbourhood);
    }

    /// <summary>The next step is the first of an ascent.</summary>
    internal void Begin()
    {
        (_step, _size, _loss, _bestLoss, _improvements) = (0, _firstSize, double.NaN, double.NegativeInfinity, 0);
        _checkpoint = (0, _firstSize, double.NegativeInfinity);
    }

    /// <summary>One step of u.</summary>
    /// <param name="loss">At u; its gradient lies in the weight space.</param>
    internal void Step(double loss)
    {
        _direction.PointUphill();
        if (loss > _loss) _improvements++;
        _loss = loss;
        if (loss > _bestLoss && double.IsFinite(loss))
        {
            _bestLoss = loss;
            _best.CopyFrom(_u);
            _bestDirection.CopyFrom(_direction);
        }

        bool isLost = !double.IsFinite(loss) && double.IsFinite(_bestLoss);
        if (isLost || (_checkpoints.Contains(_step) && HasStalled()))
        {
            _size /= 2;
            _u.CopyFrom(_best);
            _direction.CopyFrom(_bestDirection);
        }

        // z = P(u + a d); then P(u + α (z - u) + (1 - α) (u - previous)), whose terms are gathered here by vector.
        _next.CopyFrom(_u);
        _next.Add(_direction, _size);
        _next.Project(_rho);
        if (_step > 0)
        {
            _next.Multiply(NewStep);
            _next.Add(_u, 2 * (1 - NewStep));
            _next.Add(_previous, NewStep - 1);
            _next.Project(_rho);
        }

        _previous.CopyFrom(_u);
        _u.CopyFrom(_next);
        _step++;
    }

    public void Dispose()
    {
        PerturbationVector[] all = [_previous, _next, _direction, _best, _bestDirection];
        foreach (PerturbationVector vector in all) vector.Dispose();
    }

    /// <summary>Steps before which progress is judged: closer to each other towards the end.</summary>
    internal static HashSet<int> CheckpointsOf(int steps)
    {
        // In hundredths: 0.1 + 0.7 is not 0.8 for a computer, and a share a hair too large would be another step.
        HashSet<int> checkpoints = [];
        for ((int before, int share) = (0, 22); Step(share) < steps;)
        {
            checkpoints.Add(Step(share));
            (before, share) = (share, share + Math.Max(share - before - 3, 6));
        }

        return checkpoints;

        int Step(int share) => (int)(((long)share * steps + 99) / 100);
    }

    // Conditions 1 and 2 of the paper: too few steps went up, or nothing better was found with the same size.
    private bool HasStalled()
    {
        bool wentUp = _improvements >= EnoughProgress * (_step - _checkpoint.Step);
        bool foundBetter = _size != _checkpoint.Size || _bestLoss != _checkpoint.BestLoss;
        (_checkpoint, _improvements) = ((_step, _size, _bestLoss), 0);
        return !(wentUp && foundBetter);
    }
}
