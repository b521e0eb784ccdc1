using Sharpless.Torch;
using static Sharpless.Analysis.HessianVectors;

namespace Sharpless.Analysis;

/// <summary>Trace of the Hessian of the loss, estimated: the mean of z · H z over random signs z (Hutchinson 1990).</summary>
public static class HessianTrace
{

    /// <summary>Samples whose mean is the trace.</summary>
    /// <param name="surface">All its examples at once.</param>
    /// <param name="draws">Number of samples, 1 or more; each costs a product with the Hessian.</param>
    /// <param name="generator">Draws the signs.</param>
    /// <param name="parameters">Only parameters whose name contains one of these texts; null or empty for all.</param>
    /// <param name="progress">Told the done share, 0 to 1.</param>
    public static IReadOnlyList<double> Of(LossSurface surface, int draws, Generator generator, IReadOnlyList<string>? parameters = null, IProgress<double>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        surface.Weights.ReturnToMaster();
        using var hessian = new Hessian(surface, parameters ?? []);
        var samples = new double[draws];
        for (int draw = 0; draw < draws; draw++)
        {
            using var scope = NewDisposeScope();
            using IDisposable off = no_grad();
            Tensor[] signs = hessian.Draw(values =>
            {
                values.uniform_(-1, 1, generator);
                values.copy_(values.sign());
            });
            samples[draw] = Dot(signs, hessian.Times(signs));
            progress?.Report((draw + 1.0) / draws);
        }

        return samples;
    }
}
