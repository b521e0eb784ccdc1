using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

/// <summary>What an evaluation costs, counted in images that go through the network.</summary>
public sealed class ForwardPassTests : IDisposable
{
    private readonly TinyData _tiny = new();

    private TrainOptions Options => _tiny.Options with { AnalysisCount = 32, FastCount = 24 };

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void All_quantities_at_all_taps_cost_one_pass_over_the_analysed_examples()
    {
        (IReadOnlyDictionary<string, double> none, long without) = Evaluate(Options);
        (IReadOnlyDictionary<string, double> all, long with) = Evaluate(Options with { AnalyzesFeatures = true, CountsActiveUnits = true, MeasuresDensity = true, Taps = ["block1", "block2"] });
        var split = DataSplit.Create(TrainingData.Load(Options, "").Images, Options.Seed, Options.Split);
        // The fixed training examples and the test examples are looked at in any case; their neighbours are found in the same pass over the test examples.
        Assert.Equal(split.Fast.Length + split.Test.Length, without);
        Assert.Equal(without + split.Analysis.Length, with);
        Assert.DoesNotContain(none.Keys, column => column.EndsWith(".block2", StringComparison.Ordinal));
        Assert.Equal(
            ["active_units_0p", "active_units_10p", "active_units_1p", "active_units_5p", "centroid_error", "correlated_units", "density", "distinct_density", "feature_rank", "knn_error"],
            all.Keys.Where(column => column.EndsWith(".block2", StringComparison.Ordinal)).Select(column => column.Split('.')[0]).Order(StringComparer.Ordinal));
    }

    private (IReadOnlyDictionary<string, double> Values, long Images) Evaluate(TrainOptions options)
    {
        using var scope = NewDisposeScope();
        var data = TrainingData.Load(options, "");
        var model = new CountingClassifier(InitialModel.Create(options, data.Images).Model);
        using var weights = new WeightSpace(model, Precision.Float32);
        var place = new TrainPlace { Folder = Path.Combine(_tiny["run"], options.AnalyzesFeatures ? "all" : "none") };
        using RunFolder folder = RunFolder.Take(place.Folder, "train", options, resume: false);
        using var evaluation = new TrainEvaluation(options, place, model, data, DataSplit.Create(data.Images, options.Seed, options.Split));
        return (evaluation.Run(0, 0.1, new TrainState(), weights, folder).Values, model.Images);
    }

    /// <summary>A classifier around another one, which counts the images that go through it.</summary>
    private sealed class CountingClassifier : Classifier
    {
        private readonly Classifier _inner;

        internal CountingClassifier(Classifier inner) => _inner = this.Register("inner", inner);

        internal long Images { get; private set; }

        public override IReadOnlyList<string> Taps => _inner.Taps;

        public override Tensor forward(Tensor images, TapRecorder? taps)
        {
            Images += images.size(0);
            return _inner.forward(images, taps);
        }
    }
}
