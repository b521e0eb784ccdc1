using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Training;
using Sharpless.Weights;

/// <summary>
/// What bfloat16 makes of SAM's ascent at the trained weights of a run: <c>rounding RUN RHO...</c> prints one row for each ρ.
/// ε = ρ g / |g| is taken from the float32 gradient over 1,024 training examples, the model in evaluation mode.
/// </summary>
internal static class RoundingBench
{
    private const int Examples = 1024;

    internal static void Run(string folder, IEnumerable<double> radii)
    {
        using var scope = NewDisposeScope();
        using TrainedRun exact = Open(folder, Precision.Float32), rounded = Open(folder, Precision.BFloat16);
        LossSurface smooth = SurfaceOf(exact), rough = SurfaceOf(rounded);
        double loss = smooth.Gradient().Loss, roughLoss = rough.Measure().Loss, norm = smooth.Weights.GradientNorm();
        WeightVector gradient = smooth.Weights.Gradient();
        Console.WriteLine("| ρ | moved | length / ρ | cosine | projection / ρ | noise / ρ | loss rise, float32 | loss rise, bfloat16 |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (double rho in radii)
        {
            using var step = NewDisposeScope();
            WeightVector perturbation = gradient * (rho / norm), same = InSpace(rough.Weights, smooth.Weights, perturbation);
            AscentRounding rounding = AscentRounding.Of(rough.Weights, same);
            double rise = LossAfter(smooth, perturbation) - loss, roughRise = LossAfter(rough, same) - roughLoss;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {rho} | {rounding.MovedShare:P1} | {rounding.LengthRatio:0.000} | {rounding.Cosine:0.000} | {rounding.Projection:0.000} | {rounding.NoiseRatio:0.000} | {rise:0.00000} | {roughRise:0.00000} |"));
        }
    }

    private static double LossAfter(LossSurface surface, WeightVector perturbation)
    {
        surface.Weights.MovePoint(perturbation);
        double loss = surface.Measure().Loss;
        surface.Weights.ReturnToMaster();
        return loss;
    }

    // The spaces differ in their segments and in the order of convolution weights.
    private static WeightVector InSpace(WeightSpace space, WeightSpace other, WeightVector vector)
    {
        Dictionary<string, WeightSlot> slots = other.Slots.ToDictionary(slot => slot.Name);
        return space.Vector(slot => slots[slot.Name].View(vector.Segments[slots[slot.Name].Segment]));
    }

    private static TrainedRun Open(string folder, Precision precision) => TrainedRun.Open(folder, null, precision, CPU);

    private static LossSurface SurfaceOf(TrainedRun run) => run.LossSurfaces(run.Data.Train, run.Split.Train, Examples)[0];
}
