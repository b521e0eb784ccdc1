using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>
/// The evaluations of a training run: losses and errors, and where asked for sharpness, and at the taps feature rank, nearest-neighbour and
/// nearest-centroid error, active units and the density of activations.
/// </summary>
internal sealed class TrainEvaluation : IDisposable
{
    private const double RankShare = 0.99;

    private const int NeighbourCount = 10;

    private readonly TrainOptions _options;
    private readonly Classifier _model;
    private readonly ImageData _data;
    private readonly DataSplit _split;
    private readonly IReadOnlyList<(string Column, ReadOnlyMemory<int> Examples)> _errors;
    private readonly NeighbourData? _neighbours;
    private readonly Evaluator _evaluator;
    private readonly IReadOnlyList<string> _taps;
    private readonly IReadOnlyList<string> _densityTaps;
    private readonly TrainSharpness? _sharpness;
    private readonly CancellationToken _cancel;

    /// <exception cref="UsageException">A tap that the model does not have.</exception>
    internal TrainEvaluation(TrainOptions options, TrainPlace place, Classifier model, TrainingData given, DataSplit split, CancellationToken cancel = default)
    {
        ImageData data = given.Images;
        (_options, _model, _data, _split, _cancel) = (options, model, data, split, cancel);
        _errors = [.. FurtherErrors(given.IsNoisy, split).Where(item => item.Examples.Length > 0)];
        _evaluator = new Evaluator(model, options.Precision, place.Device, options.EvaluationBatchSize, options.Loss, cancel);
        _taps = !options.AnalyzesFeatures ? [] : options.Taps.Count > 0 ? options.Taps : [.. model.Taps.TakeLast(3)];
        _densityTaps = !options.MeasuresDensity ? [] : options.Taps.Count > 0 ? options.Taps : model.Taps;
        model.RequireTaps([.. _taps, .. _densityTaps]);
        if (options.MeasuresSharpness) _sharpness = new TrainSharpness(options, InitialModel.Create(options, data).Model, data, split.Fast, place.Device, cancel);
        if (_taps.Count == 0) return;
        _neighbours = NeighbourData.Load(options, data, split, DataFolder.Resolve(place.DataFolder));
        _neighbours.RequireEnough(NeighbourCount);
        // The model has not yet been given the precision and the device that it is trained in.
        _neighbours.RequireFits(model, data.Shape, _taps, Precision.Float32, CPU);
    }

    /// <summary>Columns of <c>metrics.csv</c> after epoch and iteration.</summary>
    internal IReadOnlyList<string> Columns =>
    [
        "learning_rate", "train_objective", .. _options.Penalizes ? ["train_reg"] : Array.Empty<string>(), .. LossColumns, "skipped_steps",
        .. _taps.Select(tap => $"knn_error.{tap}"), .. _taps.Select(tap => $"centroid_error.{tap}"), .. _taps.Select(tap => $"feature_rank.{tap}"),
        .. _options.CountsActiveUnits ? ActiveUnits.Shares.SelectMany(share => _taps.Select(tap => ActiveUnitsColumn(share, tap))) : [],
        .. TapDensities.Columns(_densityTaps), .. _sharpness is null ? [] : TrainSharpness.Columns,
    ];

    /// <summary>Those of them that are losses and errors of the network as a whole, in <see cref="Losses"/>.</summary>
    internal IReadOnlyList<string> LossColumns => ["train_loss", "train_error", "test_loss", "test_error", .. _errors.Select(item => item.Column)];

    internal EvaluationRecord Run(double epoch, double learningRate, TrainState state, WeightSpace weights, RunFolder folder)
    {
        var values = new Dictionary<string, double> { ["learning_rate"] = learningRate, ["skipped_steps"] = state.Skipped };
        if (state.Iteration > 0 || !_options.SkipsFirstLook) values["train_objective"] = state.Objective;
        if (_options.Penalizes && values.ContainsKey("train_objective")) values["train_reg"] = state.Penalty;
        WriteErrors(values);
        _sharpness?.Write(_model, weights, values);
        using TapDensities? densities = _densityTaps.Count > 0 ? new TapDensities(_densityTaps, _options.Density) : null;
        IReadOnlyDictionary<string, FeatureStore> features = _taps.Count + _densityTaps.Count > 0
            ? _evaluator.Features(_data.Train, _split.Analysis, _taps, folder.Path, densities)
            : new Dictionary<string, FeatureStore>();
        densities?.Write(values);
        if (_taps.Count == 0)
        {
            (values["test_loss"], values["test_error"]) = _evaluator.Run(_data.Test, _split.Test, []);
            return new EvaluationRecord(epoch, state.Iteration, values);
        }

        WriteSpectra(features, folder, folder.Spectra(state.Iteration), values);
        if (_options.CountsActiveUnits) WriteActiveUnits(features, values);
        IReadOnlyDictionary<string, NeighbourErrors> errors;
        if (_neighbours!.IsOwn)
        {
            ((values["test_loss"], values["test_error"]), errors) = _evaluator.RunWithNeighbours(features, _neighbours, NeighbourCount);
        }
        else
        {
            Free(features);
            (values["test_loss"], values["test_error"]) = _evaluator.Run(_data.Test, _split.Test, []);
            features = _evaluator.Features(_neighbours.NeighbourSet, _neighbours.Neighbours, _taps, folder.Path);
            errors = _evaluator.NeighbourErrorsAt(features, _neighbours, NeighbourCount);
        }

        Free(features);
        foreach ((string tap, NeighbourErrors found) in errors)
        {
            values[$"knn_error.{tap}"] = found.KnnError;
            values[$"centroid_error.{tap}"] = found.CentroidError;
        }

        return new EvaluationRecord(epoch, state.Iteration, values);
    }

    /// <summary>The images of the nearest neighbours; empty where they are those that are trained on, or there are none.</summary>
    internal IReadOnlyList<ImageSet> NeighbourImages => _neighbours is { IsOwn: false } other ? [other.NeighbourSet, other.QuerySet] : [];

    /// <summary>Losses and errors alone, at the point where the model stands.</summary>
    internal IReadOnlyDictionary<string, double> Losses()
    {
        var values = new Dictionary<string, double>();
        WriteErrors(values);
        (values["test_loss"], values["test_error"]) = _evaluator.Run(_data.Test, _split.Test, []);
        return values;
    }

    public void Dispose() => _sharpness?.Dispose();

    internal object ModelFacts(long parameters) => new Dictionary<string, object> { ["parameters"] = parameters, ["taps"] = _model.Taps };

    internal object DataFacts()
    {
        var facts = new Dictionary<string, object>
        {
            ["name"] = _data.Name, ["train"] = _split.Train.Length, ["test"] = _split.Test.Length, ["classes"] = _data.Classes,
            ["shape"] = new[] { _data.Shape.Channels, _data.Shape.Height, _data.Shape.Width },
        };
        if (_data.LeftOut.Count > 0) facts["left_out"] = _data.LeftOut.Count;
        if (_neighbours is null) return facts;
        facts["knn_dataset"] = _neighbours.Name;
        (facts["knn_neighbours"], facts["knn_queries"]) = (_neighbours.Neighbours.Length, _neighbours.Queries.Length);
        return facts;
    }

    /// <summary>What a user should know of the data before training.</summary>
    internal IReadOnlyList<string> Notes => [.. _data.Notes, .. _neighbours is { IsOwn: false } ? _neighbours.Notes : []];

    /// <summary>The data set in which nearest neighbours are looked for; null where they are not.</summary>
    internal string? NeighbourDataSet => _neighbours?.Name;

    // Where label noise was drawn, the error on the fixed training examples with their true labels, and on those with wrong ones, against the wrong ones:
    // what is learned, and what is not yet learned by heart.
    private static IEnumerable<(string Column, ReadOnlyMemory<int> Examples)> FurtherErrors(bool[]? isNoisy, DataSplit split)
    {
        yield return ("val_error", split.Validation);
        if (isNoisy is null) yield break;
        int[] examples = split.Fast.ToArray();
        yield return ("train_error_clean", examples.Where(example => !isNoisy[example]).ToArray());
        yield return ("train_error_ln", examples.Where(example => isNoisy[example]).ToArray());
    }

    private void WriteErrors(Dictionary<string, double> values)
    {
        (values["train_loss"], values["train_error"]) = _evaluator.Run(_data.Train, _split.Fast, []);
        foreach ((string column, ReadOnlyMemory<int> examples) in _errors) values[column] = _evaluator.Run(_data.Train, examples, []).Error;
    }

    private void WriteActiveUnits(IReadOnlyDictionary<string, FeatureStore> features, Dictionary<string, double> values)
    {
        foreach (string tap in _taps)
        {
            foreach ((double share, int units) in ActiveUnits.Of(features[tap], _cancel).Counts) values[ActiveUnitsColumn(share, tap)] = units;
        }
    }

    private static string ActiveUnitsColumn(double share, string tap) => string.Create(CultureInfo.InvariantCulture, $"active_units_{100 * share:0}p.{tap}");

    private void WriteSpectra(IReadOnlyDictionary<string, FeatureStore> features, RunFolder folder, string path, Dictionary<string, double> values)
    {
        List<ArrayEntry> spectra = [];
        foreach (string tap in _taps)
        {
            FeatureSpectrum spectrum = _options.MeasuresRankOnly
                ? FeatureSpectrum.UpTo(features[tap], Centering.Example, [RankShare], cancel: _cancel)
                : FeatureSpectrum.Of(features[tap], Centering.Example, cancel: _cancel);
            values[$"feature_rank.{tap}"] = spectrum.FeatureRank(RankShare);
            Tensor singularValues = Tensor.From(spectrum.SingularValues);
            spectra.Add(TensorFiles.Entry(tap, singularValues));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        NpzFile.Write(path, spectra);
        folder.Note(path);
    }

    private static void Free(IReadOnlyDictionary<string, FeatureStore> features)
    {
        foreach (FeatureStore store in features.Values) store.Dispose();
    }
}
