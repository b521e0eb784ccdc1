using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

/// <summary>An analysis that is asked to stop stops where it reads next, long before it is done.</summary>
public sealed class CancellationTests
{
    private const int Examples = 20_000, Dimensions = 2_000;

    private static readonly long[] Labels = [.. Enumerable.Range(0, Examples).Select(i => (long)(i % 3))];

    private static readonly Dictionary<string, Action<FeatureMatrix, CancellationToken>> Analyses = new()
    {
        ["spectrum"] = (features, cancel) => FeatureSpectrum.Of(features, Centering.Feature, cancel: cancel),
        ["partial spectrum"] = (features, cancel) => FeatureSpectrum.UpTo(features, Centering.Example, [0.99], cancel: cancel),
        ["active units"] = (features, cancel) => ActiveUnits.Of(features, cancel),
        ["neighbours"] = (features, cancel) => _ = new NearestNeighbours(features, Labels, cancel: cancel),
        ["centroids"] = (features, cancel) => _ = new NearestCentroid(features, Labels, cancel),
    };

    public static TheoryData<string> Names => [.. Analyses.Keys];

    [Theory, MemberData(nameof(Names))]
    public void No_further_block_of_features_is_read(string analysis)
    {
        using var stop = new CancellationTokenSource();
        var features = new StoppingFeatures(Examples, Dimensions, stop);
        Assert.Throws<OperationCanceledException>(() => Analyses[analysis](features, stop.Token));
        Assert.Equal(1, features.Reads);
    }

    [Fact]
    public void A_wide_matrix_stops_too()
    {
        using var stop = new CancellationTokenSource();
        var features = new StoppingFeatures(600, 100_000, stop);
        Assert.Throws<OperationCanceledException>(() => FeatureSpectrum.Of(features, Centering.Feature, cancel: stop.Token));
        Assert.Equal(1, features.Reads);
    }

    [Fact]
    public void A_search_for_neighbours_stops_between_blocks_of_training_examples()
    {
        using var stop = new CancellationTokenSource();
        using var scope = NewDisposeScope();
        var features = new StoppingFeatures(Examples, 16, stop) { StopsAtRead = (Examples / 4096) + 2 };
        var neighbours = new NearestNeighbours(features, Labels, cancel: stop.Token);
        Assert.Throws<OperationCanceledException>(() => neighbours.Classify(zeros([8, 16])));
        Assert.Equal(features.StopsAtRead, features.Reads);
    }

    [Theory, InlineData("worst case"), InlineData("one step"), InlineData("average"), InlineData("Hessian"), InlineData("trace")]
    public void Sharpness_stops_at_the_next_batch_and_leaves_the_weights(string measure)
    {
        using var scope = NewDisposeScope();
        using var stop = new CancellationTokenSource();
        using var generator = Generator.Seeded(0);
        var model = new TinyNetwork(1);
        using var weights = new WeightSpace(model, Precision.Float32);
        Tensor images = model.Images(1);
        float[] before = weights.Segments[0].Master.ToArray<float>();
        int visited = 0;
        SurfaceBatch[] batches = [.. Enumerable.Range(0, 4).Select(_ => new SurfaceBatch([0, 1, 2, 0, 1, 2, 0, 1], () =>
        {
            if (++visited == 6) stop.Cancel();
            return model.Logits(images);
        }))];
        var surface = new LossSurface(model, weights, batches, cancel: stop.Token);
        Assert.Throws<OperationCanceledException>(() => _ = measure switch
        {
            "worst case" => (object)WorstCaseSharpness.Of(surface, new WorstCaseOptions { Rho = 0.1, Steps = 20 }, generator),
            "one step" => WorstCaseSharpness.OneStep(surface, [0.1, 0.2]),
            "average" => AverageSharpness.Of(surface, new AverageSharpnessOptions { Sigma = 0.1, Draws = 20 }, generator),
            "Hessian" => HessianEigenvalues.Of(surface, new HessianOptions(), generator),
            _ => HessianTrace.Of(surface, 20, generator),
        });
        Assert.Equal(6, visited);
        Assert.Equal(before, weights.Segments[0].Master.ToArray<float>());
        Assert.True(model.training);
    }

    // Features that ask to stop while one of their blocks is read.
    private sealed class StoppingFeatures(long examples, long dimensions, CancellationTokenSource stop) : FeatureMatrix(examples, dimensions, ScalarType.Float32)
    {
        internal int Reads { get; private set; }

        internal int StopsAtRead { get; init; } = 1;

        public override Tensor Read(long firstRow, long rows, long firstColumn, long columns)
        {
            if (++Reads == StopsAtRead) stop.Cancel();
            return zeros([rows, columns]);
        }
    }
}
