using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>A finished run, opened again to look at its network: the model with the saved weights, and the data it was trained on.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TrainOptions _options;
    private readonly WeightSpace _weights;
    private readonly Evaluator _evaluator;

    private TrainedRun(TrainOptions options, Classifier model, WeightSpace weights, ImageData data, DataSplit split, Device device)
    {
        (_options, Model, _weights, Data, Split) = (options, model, weights, data, split);
        _evaluator = new Evaluator(model, weights.Precision, device, options.EvaluationBatchSize);
    }

    /// <summary>The network.</summary>
    public Classifier Model { get; }

    /// <summary>What it was trained on.</summary>
    public ImageData Data { get; }

    /// <summary>Which examples were used for what.</summary>
    public DataSplit Split { get; }

    /// <summary>The options of the run in a folder, finished or not.</summary>
    /// <exception cref="InvalidDataException">Its <c>config.json</c> is no configuration of a training run, or of another version.</exception>
    public static TrainOptions OptionsOf(string folder) => RunConfiguration.Read(Path.Combine(folder, "config.json"));

    /// <summary>Opens a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <param name="precision">Type of the point; null for that of the run.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="UsageException">The folder holds no finished run.</exception>
    public static TrainedRun Open(string folder, string? dataFolder, Precision? precision, Device device)
    {
        string weightFile = RunFolder.FinishedWeights(folder);
        TrainOptions options = RunConfiguration.Read(Path.Combine(folder, "config.json"));
        ImageData data = TrainingData.Load(options, DataFolder.Resolve(dataFolder));
        Classifier model = ModelCatalog.Create(options.Model, options.ShapeFor(data), WeightFile.Shapes(weightFile));
        using (TensorScope.Begin()) ModuleState.Load(model, WeightFile.Read(weightFile));
        return new TrainedRun(options, model, new WeightSpace(model, precision ?? options.Precision, device), data, DataSplit.Create(data, options.Seed, options.Split), device);
    }

    /// <summary>The run's own taps: those that its evaluations measured, or the last three of the model.</summary>
    public IReadOnlyList<string> DefaultTaps => _options.Taps.Count > 0 ? _options.Taps : [.. Model.Taps.TakeLast(3)];

    /// <summary>Features of examples at several taps, read in one forward pass.</summary>
    /// <param name="images">The set that the examples belong to.</param>
    /// <param name="examples">Their indices.</param>
    /// <param name="taps">Taps of the model.</param>
    /// <returns>[N, P] for each tap, owned by the caller.</returns>
    /// <exception cref="UsageException">A tap that the model does not have.</exception>
    public IReadOnlyDictionary<string, FeatureStore> Features(ImageSet images, ReadOnlyMemory<int> examples, IReadOnlyList<string> taps)
    {
        ArgumentNullException.ThrowIfNull(taps);
        Model.RequireTaps(taps);
        return _evaluator.Features(images, examples, taps, Path.GetTempPath());
    }

    /// <summary>Nearest-neighbour and nearest-centroid errors at several taps: training examples as neighbours, test examples as queries.</summary>
    /// <param name="taps">Taps of the model.</param>
    /// <param name="k">Neighbours that vote.</param>
    public IReadOnlyDictionary<string, NeighbourErrors> NeighbourErrorsAt(IReadOnlyList<string> taps, int k)
    {
        Model.RequireTaps(taps);
        IReadOnlyDictionary<string, FeatureStore> features = Features(Data.Train, Split.Analysis, taps);
        try
        {
            return _evaluator.Neighbours(features, Data.Train, Split.Analysis, Data.Test, Split.Test, k).Errors;
        }
        finally
        {
            foreach (FeatureStore store in features.Values) store.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();
}
