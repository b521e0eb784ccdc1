using System.Globalization;
using Sharpless.Torch;

namespace Sharpless.Analysis;

/// <summary>
/// Worst-case sharpness: max over |u| ≤ ρ of L(w + c ⊙ u) - L(w) (arXiv:2010.01412, equation 1; adaptive: arXiv:2302.07011), from below by
/// projected gradient ascent: Auto-PGD unless the options say otherwise.
/// </summary>
/// <remarks>An ascent costs one gradient for each step, and one forward pass at its end.</remarks>
public static class WorstCaseSharpness
{
    /// <summary>The sharpness of one surface: its examples share the perturbation.</summary>
    /// <param name="surface">Stands at w afterwards.</param>
    /// <param name="options">How the worst perturbation is looked for.</param>
    /// <param name="generator">For random starts and targets; unused without.</param>
    /// <param name="progress">Told the done share, 0 to 1.</param>
    /// <returns>
    /// The perturbation of largest loss among all that the ascents visited, w itself not counted: so below 0 where every one of them lowers the loss.
    /// </returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="FailureException">The loss is not finite at w, or at every perturbation.</exception>
    public static WorstPerturbation Of(LossSurface surface, WorstCaseOptions options, Generator generator, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(generator);
        if (options.Problems().FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(options));
        using PerturbationVector perturbation = new(surface.Weights, options.Neighbourhood), worst = new(surface.Weights, options.Neighbourhood);
        using AutomaticAscent? automatic =
            options.Schedule == StepSchedule.Automatic ? new(surface.Weights, options, perturbation) : null;
        try
        {
            SurfacePoint middle = surface.Measure();
            if (!double.IsFinite(middle.Loss)) throw NotFinite("at the weights themselves", "The run has diverged; look at one that has not.");
            SurfacePoint largest = new(double.NegativeInfinity, 0);
            for (int restart = 0; restart < options.Restarts; restart++)
            {
                IReadOnlyList<long[]>? targets = options.IsTargeted ? surface.WrongLabels(generator) : null;
                if (options.StartsAtRandom) perturbation.DrawFrom(options.Rho, generator);
                else perturbation.Clear();
                automatic?.Begin();
                for (int step = 0; step < options.Steps; step++)
                {
                    perturbation.Displace();
                    SurfacePoint visited = surface.Gradient(targets);
                    if (step > 0 || options.StartsAtRandom) Keep(visited);
                    if (automatic is not null) automatic.Step(visited.Loss);
                    else perturbation.Ascend(options.SizeOf(step), options.Rho, options.NormalizesSteps);
                    progress?.Report((restart + ((step + 1.0) / options.Steps)) / options.Restarts);
                }

                perturbation.Displace();
                Keep(surface.Measure());
            }

            if (double.IsNegativeInfinity(largest.Loss)) throw NotFinite(string.Create(CultureInfo.InvariantCulture, $"within ρ = {options.Rho} of the weights"), "A smaller ρ helps.");
            worst.Displace();
            surface.Gradient();
            return new WorstPerturbation(new Sharpness(largest.Loss - middle.Loss, largest.Error - middle.Error), surface.Weights.GradientNorm(), worst.Norm());

            void Keep(SurfacePoint visited)
            {
                if (!(visited.Loss > largest.Loss && double.IsFinite(visited.Loss))) return;
                largest = visited;
                worst.CopyFrom(perturbation);
            }
        }
        finally
        {
            surface.Weights.ReturnToMaster();
        }
    }

    /// <summary>
    /// One step of size ρ along the gradient, for several radii at the price of one gradient: what a training run can afford at each
    /// evaluation. The same as <see cref="Of"/> with the default options.
    /// </summary>
    /// <param name="surface">Stands at w afterwards.</param>
    /// <param name="radii">Each ρ, 0 or more.</param>
    /// <returns>Increase of loss and error at w + ρ g / |g| for each radius; not finite where the loss is not.</returns>
    public static IReadOnlyList<Sharpness> OneStep(LossSurface surface, IReadOnlyList<double> radii)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(radii);
        using var direction = new PerturbationVector(surface.Weights, new Neighbourhood());
        try
        {
            SurfacePoint middle = surface.Gradient();
            direction.Ascend(step: 1, radius: 1, isNormalized: true);
            return [.. radii.Select(rho =>
            {
                direction.Displace(rho);
                SurfacePoint there = surface.Measure();
                return new Sharpness(there.Loss - middle.Loss, there.Error - middle.Error);
            })];
        }
        finally
        {
            surface.Weights.ReturnToMaster();
        }
    }

    private static FailureException NotFinite(string where, string hint) => new($"The loss is not finite {where}.", hint);
}
