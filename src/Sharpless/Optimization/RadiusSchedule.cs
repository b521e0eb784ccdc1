namespace Sharpless.Optimization;

/// <summary>Radius ρ of SAM over a run: constant or a multiple of the learning rate, inside a window of epochs.</summary>
public sealed record RadiusSchedule
{
    /// <summary>Constant radius; 0 where the learning rate decides.</summary>
    public double Rho { get; init; }

    /// <summary>Radius as a multiple of the learning rate; 0 where it is constant.</summary>
    public double LearningRateMultiple { get; init; }

    /// <summary>Share of the run from which on there is an ascent.</summary>
    public double Start { get; init; }

    /// <summary>Share of the run up to which there is an ascent.</summary>
    public double End { get; init; } = 1;

    /// <summary>Epochs N of the whole run.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Whether there is an ascent at any time.</summary>
    public bool Ascends => Rho != 0 || LearningRateMultiple != 0;

    /// <summary>The radius of a step, 0 outside the window. Both ends of the window belong to it: with N = 200, an end of 0.5 covers epochs 1 to 100.</summary>
    /// <param name="epoch">Epoch of the step, counted from 1; 0 before the first step.</param>
    /// <param name="learningRate">Learning rate of the step.</param>
    public double At(long epoch, double learningRate)
    {
        double share = epoch / Epochs;
        if (share < Start || share > End) return 0;
        return Rho != 0 ? Rho : LearningRateMultiple * learningRate;
    }
}
