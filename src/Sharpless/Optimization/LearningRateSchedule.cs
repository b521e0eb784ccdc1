namespace Sharpless.Optimization;

/// <summary>Learning rate as a function of the fractional epoch (published schedules of arXiv:2305.16292).</summary>
public sealed record LearningRateSchedule
{
    /// <summary>Every name that the command line knows.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["constant", "piecewise", "cosine", "cyclic", "piecewise_01epochs", "piecewise_02epochs", "piecewise_03epochs", "piecewise_04epochs", "piecewise_05epochs"];

    /// <summary>One of <see cref="Names"/>. Default <c>piecewise</c>, as published.</summary>
    public string Name { get; init; } = "piecewise";

    /// <summary>Peak learning rate.</summary>
    public double Maximum { get; init; } = 0.1;

    /// <summary>Epochs N of the whole run.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Factor F that the first phase of <c>piecewise_0Xepochs</c> grows to (linearly, where <see cref="WarmupExponent"/> is 1).</summary>
    public double WarmupFactor { get; init; } = 1;

    /// <summary>E of the first phase of <c>piecewise_0Xepochs</c>: above 1 it grows as E^(100u), below 1 as 1 + (100u)^E.</summary>
    public double WarmupExponent { get; init; } = 1;

    /// <summary>Learning rate at fractional epoch <paramref name="epoch"/>; before the start as at the start.</summary>
    public double At(double epoch)
    {
        double u = Math.Max(0, epoch) / Epochs;
        return Name switch
        {
            "constant" => Maximum,
            "piecewise" => Maximum / (u < 0.5 ? 1 : u < 0.75 ? 10 : 100),
            "cosine" => Maximum * (0.5 + (0.5 * Math.Cos(Math.PI * u))),
            "cyclic" => Cyclic(Math.Max(0, epoch)),
            // The digit is the share of the run that the first phase takes, in tenths.
            _ when Names.Contains(Name) => PiecewiseAfter((Name["piecewise_0".Length] - '0') / 10.0, u),
            _ => throw new ArgumentException($"There is no schedule '{Name}'; known: {string.Join(", ", Names)}."),
        };
    }

    // Straight lines through (0, 0), (floor(2N / 5), L) and (N, 0).
    private double Cyclic(double epoch)
    {
        double peak = Math.Floor(2 * Epochs / 5);
        if (epoch >= Epochs) return 0;
        return epoch < peak ? Maximum * epoch / peak : Maximum * (Epochs - epoch) / (Epochs - peak);
    }

    // The decayed rates keep the published factor, which for E = 1 is 2s (right for a ramp that would reach F at half of the run).
    private double PiecewiseAfter(double share, double u)
    {
        double first, kept;
        if (WarmupExponent == 1)
        {
            first = Maximum * (1 + ((WarmupFactor - 1) * Math.Min(1, u / 0.5)));
            kept = Maximum * 2 * share * WarmupFactor;
        }
        else if (WarmupExponent > 1)
        {
            first = Maximum * Math.Pow(WarmupExponent, 100 * u);
            kept = Maximum * Math.Pow(WarmupExponent, 100 * share);
        }
        else
        {
            first = Maximum * (1 + Math.Pow(100 * u, WarmupExponent));
            kept = Maximum * (1 + Math.Pow(100 * share, WarmupExponent));
        }

        return u < share ? first : u < 0.9 ? kept / 10 : kept / 100;
    }
}
