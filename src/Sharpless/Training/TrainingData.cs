using Sharpless.Data;

namespace Sharpless.Training;

/// <summary>The data set of a run, with the label noise that the run asks for.</summary>
/// <param name="Images">The data set; noisy labels are those of its training set.</param>
/// <param name="IsNoisy">[N]: which training examples were chosen for noise; null where none were.</param>
internal sealed record TrainingData(ImageData Images, bool[]? IsNoisy)
{
    /// <exception cref="UsageException">There is no such data set, or such noise is not defined for it.</exception>
    internal static TrainingData Load(TrainOptions options, string folder)
    {
        ImageData data = DataSets.Load(options.DataSet, folder, options.Normalization);
        if (options.Noise is not { } noise) return new TrainingData(data, null);
        (ImageSet noisy, bool[] isNoisy) = noise.Apply(data.Name, data.Train, (ulong)options.Seed);
        return new TrainingData(data with { Train = noisy }, isNoisy);
    }
}
