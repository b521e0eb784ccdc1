using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Analysis;

public class NearestNeighboursTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(90)]
    public void Predictions_and_error_equal_those_of_numpy(int k)
    {
        using ArrayFile file = Golden.Open("neighbours.npz");
        JsonElement expected = Golden.Expected.GetProperty("neighbours");
        JsonElement knn = expected.GetProperty("knn").GetProperty($"{k}");
        var train = new StoredFeatures(file["train"]);
        var test = new StoredFeatures(file["test"]);
        long[] trainLabels = file["train_labels"].ToInt64Array(), testLabels = file["test_labels"].ToInt64Array();
        using Tensor rows = test.ReadRows(0, test.Examples);

        Assert.Equal(knn.GetProperty("predictions").Integers(), new NearestNeighbours(train, trainLabels, k).Classify(rows));
        Assert.Equal(expected.GetProperty("centroid_predictions").Integers(), new NearestCentroid(train, trainLabels).Classify(rows));
        NeighbourErrors errors = NeighbourErrors.Of(train, trainLabels, test, testLabels, k);
        Assert.Equal(knn.GetProperty("error").GetDouble(), errors.KnnError, 1e-12);
        Assert.Equal(expected.GetProperty("centroid_error").GetDouble(), errors.CentroidError, 1e-12);
        Assert.Equal((k, 90, 50), (errors.K, (int)errors.TrainExamples, (int)errors.TestExamples));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e3)]
    public void Neighbours_equal_the_obvious_search_in_float64_over_several_chunks(double offset)
    {
        // Far from the origin all similarities are 1 to seven places: Float32 decides next to nothing there.
        using var scope = NewDisposeScope();
        Tensor train = Features.Decaying(4500, 12, seed: 1, offset: offset).To(ScalarType.Float32);
        Tensor test = Features.Decaying(25, 12, seed: 1, offset: offset).To(ScalarType.Float32);
        using FeatureStore store = FeatureStore.Of(train);
        int[][] actual = new NearestNeighbours(store, new long[4500], 7).Neighbours(test);
        Assert.Equal(Obvious(Rows(train), Rows(test), 7), actual);
    }

    [Fact]
    public void Equal_similarities_are_taken_in_order_and_equal_votes_go_to_the_smallest_label()
    {
        using var scope = NewDisposeScope();
        // Rows 0, 2, 3, 4 point the same way (3, 4 and 2 not of a length that floats divide exactly), row 1 elsewhere, row 5 nowhere.
        Tensor train = Tensor.From([1f, 2, 3, -1, 5, 0, 3, 6, 9, 7, 14, 21, 0.1f, 0.2f, 0.3f, 0, 0, 0], 6, 3);
        Tensor test = Tensor.From([2f, 4, 6, 0, 0, 0], 2, 3);
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.Float64 })
        {
            using FeatureStore store = FeatureStore.Of(train.To(type));
            var search = new NearestNeighbours(store, [9, 5, 4, 9, 4, 1], 3);
            Assert.Equal([[0, 2, 3], [0, 1, 2]], search.Neighbours(test.To(type)));
            Assert.Equal([9, 4], search.Classify(test.To(type)));
        }
    }

    [Theory]
    [InlineData(new long[] { 3, 1, 2 }, 1)]
    [InlineData(new long[] { 3, 1, 3 }, 3)]
    [InlineData(new long[] { 5, -2, 5, -2, 7 }, -2)]
    public void Votes_are_counted(long[] labels, long winner) => Assert.Equal(winner, NearestNeighbours.Vote(labels));

    [Fact]
    public void Products_that_overflow_float32_are_decided_in_float64()
    {
        using var scope = NewDisposeScope();
        Tensor train = Features.Decaying(50, 6, seed: 2).To(ScalarType.Float32), test = Features.Decaying(9, 6, seed: 3).To(ScalarType.Float32);
        using FeatureStore plain = FeatureStore.Of(train), large = FeatureStore.Of(train * 1e30), small = FeatureStore.Of(train * 1e-30);
        int[][] expected = new NearestNeighbours(plain, new long[50], 5).Neighbours(test);
        Assert.Equal(expected, new NearestNeighbours(large, new long[50], 5).Neighbours(test * 1e30));
        Assert.Equal(expected, new NearestNeighbours(small, new long[50], 5).Neighbours(test * 1e-30));
    }

    [Fact]
    public void Labels_of_one_class_are_never_wrong_and_classes_absent_from_the_test_set_do_not_count()
    {
        using var scope = NewDisposeScope();
        using FeatureStore train = FeatureStore.Of(Tensor.From([1f, 0, 0, 1, -1, 0], 3, 2));
        using FeatureStore test = FeatureStore.Of(Tensor.From([1f, 0.1f, 0.2f, 1, 0.1f, 1], 3, 2));
        // Class 0 is found, one of two of class 1 is mislabelled as class 0; class 2 is absent.
        NeighbourErrors errors = NeighbourErrors.Of(train, [0, 1, 2], test, [0, 1, 0], 1);
        Assert.Equal(1.0 / 3, errors.KnnError, 1e-15);
        Assert.Equal((0.5 + 0) / 2, errors.CentroidError, 1e-15);
    }

    [Fact]
    public void Misuse_is_told()
    {
        using var scope = NewDisposeScope();
        using FeatureStore train = FeatureStore.Of(full([4, 3], 1, ScalarType.Float32));
        var refusal = Assert.Throws<ArgumentException>(() => new NearestNeighbours(train, [1, 2, 3, 4], 5));
        Assert.Contains("k is 5", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new NearestNeighbours(train, [1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => new NearestNeighbours(train, [1, 2, 3, 4], 2).Classify(zeros([2, 4])));
        var bad = Assert.Throws<InvalidDataException>(() =>
            new NearestNeighbours(train, [1, 2, 3, 4], 2).Classify(Tensor.From([0f, 0, 0, 0, float.NaN, 0], 2, 3), firstRow: 10));
        Assert.Contains("Row 11 ", bad.Message, StringComparison.Ordinal);
    }

    private static double[][] Rows(Tensor matrix)
    {
        double[] all = matrix.To(ScalarType.Float64).ToArray<double>();
        return [.. all.Chunk((int)matrix.size(1))];
    }

    private static int[][] Obvious(double[][] train, double[][] test, int k) => Array.ConvertAll(test, row =>
        Enumerable.Range(0, train.Length).OrderByDescending(i => Math.Round(Cosine(train[i], row), 12)).ThenBy(i => i).Take(k).ToArray());

    private static double Cosine(double[] a, double[] b)
    {
        double norms = Math.Sqrt(a.Sum(x => x * x) * b.Sum(x => x * x));
        return norms == 0 ? 0 : a.Zip(b, (x, y) => x * y).Sum() / norms;
    }
}
