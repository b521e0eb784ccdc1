using System.Globalization;
using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>Average-case sharpness: the mean over z ~ N(0, I) of L(w + σ c ⊙ z) - L(w), with c = 1 or |w| (arXiv:2302.07011, equation 1).</summary>
public static class AverageSharpness
{
    /// <summary>Increases of loss and error for each draw; their mean estimates the sharpness, their spread says how well.</summary>
    /// <param name="surface">All its examples see the same draws. Stands at w afterwards.</param>
    /// <param name="options">How perturbations are drawn.</param>
    /// <param name="generator">Draws them.</param>
    /// <param name="progress">Told the done share, 0 to 1.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="FailureException">The loss is not finite at a perturbation.</exception>
    public static IReadOnlyList<Sharpness> Of(LossSurface surface, AverageSharpnessOptions options, Generator generator, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        using var perturbation = new PerturbationVector(surface.Weights, options.Neighbourhood);
        try
        {
            SurfacePoint middle = surface.Measure();
            var increases = new Sharpness[options.Draws];
            for (int draw = 0; draw < options.Draws; draw++)
            {
                perturbation.DrawNormal(options.Sigma, generator);
                perturbation.Displace();
                SurfacePoint there = surface.Measure();
                increases[draw] = new Sharpness(there.Loss - middle.Loss, there.Error - middle.Error);
                if (!double.IsFinite(increases[draw].LossIncrease))
                    throw new FailureException(string.Create(CultureInfo.InvariantCulture, $"The loss is not finite at a random perturbation of σ = {options.Sigma}."), "A smaller σ helps.");
                progress?.Report((draw + 1.0) / options.Draws);
            }

            return increases;
        }
        finally
        {
            surface.Weights.ReturnToMaster();
        }
    }

    /// <summary>Number of weights that a neighbourhood of a space perturbs: those that are live, and whose names are asked for.</summary>
    public static long PerturbedWeights(Weights.WeightSpace weights, Neighbourhood neighbourhood)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(neighbourhood);
        using var vector = new PerturbationVector(weights, neighbourhood);
        return vector.Count;
    }
}
