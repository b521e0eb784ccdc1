using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization.Variants;

/// <summary>
/// LookSAM (arXiv:2203.02714, Algorithm 1): SAM in every k-th step, which keeps v, the part of h that is orthogonal to g. The steps between take one gradient and
/// descend g + α |g| / |v| v. k = 1 is SAM; α = 0 is SAM every k-th step and the base optimizer between.
/// </summary>
/// <remarks>
/// Steps are counted from the first that has a radius, without those that were skipped: a look that failed is taken again. In a step of several parts of a batch
/// all parts look or none does; then v is the mean of theirs.
/// </remarks>
public sealed class LookSam : SamVariant
{
    /// <summary>k where none is given.</summary>
    public const int DefaultPeriod = 5;

    /// <summary>α where none is given.</summary>
    public const double DefaultAlpha = 0.7;

    private readonly int _period;
    private readonly double _alpha;
    private readonly Tensor[] _orthogonal;
    private readonly Tensor _steps = zeros([1], ScalarType.Int64);

    /// <summary>LookSAM around a base optimizer.</summary>
    /// <param name="model">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="baseOptimizer">Takes the descent.</param>
    /// <param name="rho">Radius ρ.</param>
    /// <param name="statistics">In which pass batch norm moves its running statistics.</param>
    /// <param name="period">k, 1 or more.</param>
    /// <param name="alpha">α, 0 or more.</param>
    public LookSam(
        nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, double rho, StatisticsPass statistics, int period = DefaultPeriod, double alpha = DefaultAlpha)
        : base(model, weights, baseOptimizer, rho, statistics)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(period);
        (_period, _alpha) = (period, alpha);
        _orthogonal = weights.NewVector();
        State = new Dictionary<string, Tensor[]> { ["look_orthogonal"] = _orthogonal, ["look_steps"] = [_steps] };
    }

    /// <inheritdoc/>
    public override int GradientEvaluations => Rho != 0 && Looks ? 2 : 1;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, Tensor[]> State { get; }

    private bool Looks => _steps.Item() % _period == 0;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return Rho == 0 || Looks ? base.EvaluateGradient(loss) : Reuse(loss);
    }

    /// <inheritdoc/>
    protected override WeightVector Descent(WeightVector g, WeightVector h)
    {
        ArgumentNullException.ThrowIfNull(g);
        ArgumentNullException.ThrowIfNull(h);
        KeepForNextStep(_orthogonal, h - (g * (h.Dot(g) / (g.Dot(g) + Sam.Epsilon))));
        return h;
    }

    /// <inheritdoc/>
    protected override void AfterStep()
    {
        if (Rho != 0) _steps.fill_(_steps.Item() + 1);
    }

    private StepResult Reuse(BatchLoss loss)
    {
        StepResult plain = PlainGradient(loss);
        if (plain.Skipped || _alpha == 0) return plain;
        WeightVector orthogonal = Weights.Live(_orthogonal);
        Weights.SetGradient(Weights.Gradient() + (orthogonal * (_alpha * plain.GradientNorm / (orthogonal.Norm() + Sam.Epsilon))));
        return plain with { GradientNorm = Weights.GradientNorm() };
    }
}
