using System.Diagnostics;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pruning;

/// <summary>How long a network takes for a batch.</summary>
/// <param name="Median">Seconds of the middle one of all passes.</param>
/// <param name="LowerQuartile">A quarter of the passes were this fast.</param>
/// <param name="UpperQuartile">Three quarters of the passes were this fast.</param>
/// <param name="Passes">How many were timed.</param>
public sealed record InferenceTime(double Median, double LowerQuartile, double UpperQuartile, int Passes)
{
    private const int WarmUps = 3;

    /// <summary>Times several networks in turns, so that whatever else the machine does meets all of them alike.</summary>
    /// <param name="models">Networks; timed in evaluation mode.</param>
    /// <param name="images">[B, C, H, W], of the type and the layout of their weights.</param>
    /// <param name="passes">Timed passes of each, 1 or more; a few untimed ones go before.</param>
    /// <param name="cancel">Stops after the pass under way.</param>
    /// <returns>In the order of <paramref name="models"/>.</returns>
    public static IReadOnlyList<InferenceTime> Measure(IReadOnlyList<Classifier> models, Tensor images, int passes, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(passes);
        double[][] seconds = [.. models.Select(_ => new double[passes])];
        using IDisposable off = no_grad();
        List<RememberedState> before = [.. models.Select(RememberedState.Of)];
        try
        {
            foreach (Classifier model in models) model.train(false);
            for (int pass = -WarmUps; pass < passes; pass++)
            {
                for (int i = 0; i < models.Count; i++)
                {
                    cancel.ThrowIfCancellationRequested();
                    double taken = Time(models[i], images);
                    if (pass >= 0) seconds[i][pass] = taken;
                }
            }
        }
        finally
        {
            before.ForEach(state => state.Dispose());
        }

        return [.. seconds.Select(Of)];
    }

    /// <summary>Median and quartiles of times, by linear interpolation between the sorted ones.</summary>
    internal static InferenceTime Of(double[] seconds)
    {
        double[] sorted = [.. seconds.Order()];
        return new InferenceTime(Quantile(0.5), Quantile(0.25), Quantile(0.75), sorted.Length);

        double Quantile(double share)
        {
            double place = share * (sorted.Length - 1);
            int below = (int)place;
            double above = sorted[Math.Min(below + 1, sorted.Length - 1)];
            return sorted[below] + ((place - below) * (above - sorted[below]));
        }
    }

    private static double Time(Classifier model, Tensor images)
    {
        using var scope = NewDisposeScope();
        long started = Stopwatch.GetTimestamp();
        model.forward(images).sum().Item();                                      // the number is there only when the device is done
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
