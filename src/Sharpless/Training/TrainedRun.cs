using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Pruning;
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
    private readonly Device _device;
    private readonly string _dataFolder;
    private readonly CancellationToken _cancel;

    private TrainedRun(TrainOptions options, Classifier model, WeightSpace weights, ImageData data, DataSplit split, Device device, string dataFolder, CancellationToken cancel)
    {
        (_options, Model, _weights, Data, Split, _device, _dataFolder, _cancel) = (options, model, weights, data, split, device, dataFolder, cancel);
        _evaluator = new Evaluator(model, weights.Precision, device, options.EvaluationBatchSize, cancel: cancel);
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

    /// <summary>Where the data sets of a run are.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="given">A folder that takes the place of the run's own; null for none.</param>
    /// <returns>The folder given; else the one that the run used, if it is still there; else the default of <see cref="DataFolder"/>.</returns>
    public static string DataFolderOf(string folder, string? given) => RunConfiguration.DataFolderOf(Path.Combine(folder, "config.json"), given);

    /// <summary>Opens a run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="dataFolder">Where data sets are; null for where the run found them.</param>
    /// <param name="precision">Type of the point; null for that of the run.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancel">Stops whatever looks at the run, at its next batch or block.</param>
    /// <exception cref="UsageException">The folder holds no finished run.</exception>
    public static TrainedRun Open(string folder, string? dataFolder, Precision? precision, Device device, CancellationToken cancel = default)
    {
        string weightFile = RunFolder.FinishedWeights(folder);
        TrainOptions options = RunConfiguration.Read(Path.Combine(folder, "config.json"));
        ImageData data = TrainingData.Load(options, DataFolderOf(folder, dataFolder)).Images;
        RequireSameData(folder, data);
        Classifier model = ModelCatalog.Create(options.Model, options.ShapeFor(data), WeightFile.Shapes(weightFile), options.ModelOptions);
        using var scope = NewDisposeScope();
        StoredWeights stored = WeightFile.Load(weightFile);
        ModuleState.Load(model, stored.Tensors);
        WeightSpace weights;
        using (new Outside()) weights = new WeightSpace(model, precision ?? options.Precision, device); // the run owns it
        if (stored.Live.Count > 0) weights.SetMask(stored.Live);
        return new TrainedRun(options, model, weights, data, DataSplit.Create(data, options.Seed, options.Split), device, DataFolderOf(folder, dataFolder), cancel);
    }

    // What is measured of a run on other data under the same name would pass for the run's own.
    private static void RequireSameData(string folder, ImageData data)
    {
        IReadOnlyDictionary<string, string> given = RunConfiguration.Given(Path.Combine(folder, "config.json"));
        if (!given.TryGetValue(RunIdentity.Data, out string? then) || then == RunIdentity.HashOf(data)) return;
        throw new UsageException($"The run in '{folder}' was trained on other data than {data.Name} holds now.", "Put back the data that the run was trained on, or say where they are with --data-dir.");
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
    /// <param name="dataSet">Data set of both, or <see cref="TransferSet.Same"/> for the one trained on; null for that of the run's own evaluations.</param>
    /// <returns>The name of the data set, and the errors by tap.</returns>
    /// <exception cref="UsageException">The data set is not there, or its images do not reach a tap.</exception>
    public (string DataSet, IReadOnlyDictionary<string, NeighbourErrors> Errors) NeighbourErrorsAt(IReadOnlyList<string> taps, int k, string? dataSet = null)
    {
        Model.RequireTaps(taps);
        var data = NeighbourData.Load(dataSet is null ? _options : _options with { NeighbourDataSet = dataSet }, Data, Split, _dataFolder);
        data.RequireEnough(k);
        data.RequireFits(Model, Data.Shape, taps, _weights.Precision, _device);
        IReadOnlyDictionary<string, FeatureStore> features = Features(data.NeighbourSet, data.Neighbours, taps);
        try
        {
            return (data.Name, _evaluator.NeighbourErrorsAt(features, data, k));
        }
        finally
        {
            foreach (FeatureStore store in features.Values) store.Dispose();
        }
    }

    /// <summary>The loss over examples as a function of the weights, in groups that each have a surface of their own.</summary>
    /// <param name="images">The set that the examples belong to.</param>
    /// <param name="examples">Their indices.</param>
    /// <param name="groupSize">Examples of each surface; what is left over at the end is not used, unless it is all there is.</param>
    public IReadOnlyList<LossSurface> LossSurfaces(ImageSet images, ReadOnlyMemory<int> examples, int groupSize)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        int size = Math.Min(groupSize, examples.Length);
        return [.. Enumerable.Range(0, examples.Length / size)
            .Select(group => ExampleSurface.Of(Model, _weights, images, examples.Slice(group * size, size), _options.EvaluationBatchSize, _device, _options.Loss, _cancel))];
    }

    /// <summary>Gradients of single training examples, side by side.</summary>
    /// <param name="examples">Number of examples, the first ones that are analysed.</param>
    /// <param name="coordinates">Weights whose gradients are kept.</param>
    /// <param name="generator">Draws coordinates and classes.</param>
    /// <param name="progress">Told the done share, 0 to 1.</param>
    public GradientMatrix GradientsOfExamples(int examples, int coordinates, Generator generator, IProgress<double>? progress = null)
    {
        var builder = new BatchBuilder(Data.Train);
        ReadOnlyMemory<int> members = Split.Analysis[..Math.Min(examples, Split.Analysis.Length)];
        return GradientMatrix.Of(
            Model, _weights, [.. Enumerable.Range(0, members.Length).Select(i => (Func<Tensor>)(() => ExampleSurface.Logits(Model, _weights, builder, members.Slice(i, 1), _device)))],
            coordinates, generator, progress, _cancel);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        Model.Dispose();
    }
}
