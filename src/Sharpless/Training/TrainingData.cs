using Sharpless.Data;

namespace Sharpless.Training;

/// <summary>The data set of a run, with the label noise that the run asks for.</summary>
internal static class TrainingData
{
    /// <exception cref="UsageException">There is no such data set, or such noise is not defined for it.</exception>
    internal static ImageData Load(TrainOptions options, string folder)
    {
        ImageData data = DataSets.Load(options.DataSet, folder, options.Normalization);
        return options.Noise is { } noise ? data with { Train = noise.Apply(data.Name, data.Train, (ulong)options.Seed).Set } : data;
    }
}
