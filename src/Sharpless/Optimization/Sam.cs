using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// Sharpness-aware minimization (arXiv:2010.01412, Algorithm 1): the gradient at w + ε(w), with ε(w) = ρ g / |g|, drives the base optimizer at w.
/// </summary>
/// <remarks>
/// The norm is that of all parameters together (equation 2 with p = 2). Weight decay takes no part in the ascent: the base optimizer adds it at
/// w, as the published code of arXiv:2305.16292 does. With ρ = 0 there is no ascent, and the step is the base optimizer's.
/// </remarks>
public sealed class Sam : Optimizer
{
    /// <summary>Keeps the ascent finite where the gradient is 0.</summary>
    public const double Epsilon = 1e-12;

    private readonly SamOptions _options;

    /// <summary>SAM around a base optimizer.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Sam(nn.Module model, WeightSpace weights, BaseOptimizer baseOptimizer, SamOptions options)
        : base(model, weights, baseOptimizer)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        _options = options;
        Rho = options.Rho;
    }

    /// <inheritdoc/>
    public override int GradientEvaluations => Rho == 0 ? 1 : _options.Iterations + 1;

    /// <inheritdoc/>
    protected override StepResult EvaluateGradient(BatchLoss loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (Rho == 0) return PlainGradient(loss);
        bool movesEverywhere = _options.Statistics == StatisticsPass.Both;
        (double lossAtW, double norm) = Gradient(loss.Ascent ?? loss.Descent, moveStatistics: _options.Statistics != StatisticsPass.Second);
        if (!double.IsFinite(norm)) return new StepResult(lossAtW, lossAtW, norm, Skipped: true);
        double normAtW = norm;
        WeightVector? gradientAtW = _options.KeepsDirection ? Weights.Gradient() : null;

        if (_options.Iterations == 1)
        {
            Weights.Perturb(Ascent(norm));                                       // the point becomes w + ε(w); w stays
        }
        else
        {
            WeightVector perturbation = Projected(Weights.Gradient() * Ascent(norm));
            for (int i = 1; i < _options.Iterations; i++)
            {
                Weights.Perturb(perturbation);
                (double passed, norm) = Gradient(loss.Ascent ?? loss.Descent, movesEverywhere);
                if (!double.IsFinite(norm)) return new StepResult(lossAtW, passed, norm, Skipped: true);
                perturbation = Projected(perturbation + (Weights.Gradient() * Step(norm)));
            }

            Weights.Perturb(perturbation);
        }

        (double perturbedLoss, norm) = Gradient(loss.Descent, moveStatistics: _options.Statistics != StatisticsPass.First);
        if (gradientAtW is not null) Weights.SetGradient(gradientAtW * (norm / (normAtW + Epsilon)));
        return new StepResult(lossAtW, perturbedLoss, norm, Skipped: !double.IsFinite(norm));
    }

    // Factor of the gradient in one ascent step.
    private double Step(double norm) => Rho * _options.StepMultiple / (_options.NormalizesGradient ? norm + Epsilon : 1);

    // The same for the first step, with its projection: the perturbation has the gradient's direction, so its length is known without a vector.
    private double Ascent(double norm) => _options.NormalizesGradient
        ? Rho * Math.Min(1, _options.StepMultiple) / (norm + Epsilon)
        : _options.ProjectsUnnormalized ? Math.Min(Step(norm), Rho / norm) : Step(norm);

    private WeightVector Projected(WeightVector perturbation)
    {
        if (!_options.NormalizesGradient && !_options.ProjectsUnnormalized) return perturbation;
        double length = perturbation.Norm();
        return length > Rho ? perturbation * (Rho / length) : perturbation;
    }
}
