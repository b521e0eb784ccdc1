using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Tests.Analysis;

public class TapAnalysisTests
{
    private const int Examples = 40;

    [Theory]
    [InlineData(Centering.Example, long.MaxValue)]
    [InlineData(Centering.Feature, long.MaxValue)]
    [InlineData(Centering.Feature, 0)]
    public void Taps_narrow_and_wide_equal_the_analysis_of_whole_matrices(Centering centering, long memory)
    {
        using var scope = TensorScope.Begin();
        Dictionary<string, Tensor> train = Taps(seed: 1), test = Taps(seed: 2);
        long[] trainLabels = Labels(3), testLabels = Labels(4);
        var options = new TapAnalysisOptions { Centering = centering, K = 3, FeatureMemory = memory };

        var (spectra, neighbours) = TapAnalysis.SpectraAndNeighbours(Batches(train, trainLabels), Examples, Batches(test, testLabels), options);
        Assert.Equal(["wide", "narrow"], spectra.Keys);
        foreach (string tap in spectra.Keys)
        {
            using FeatureStore wholeTrain = FeatureStore.Of(train[tap]), wholeTest = FeatureStore.Of(test[tap]);
            FeatureSpectrum expected = FeatureSpectrum.Of(wholeTrain, centering);
            Assert.Equal((expected.Examples, expected.Dimensions, expected.FeatureRank(0.99)), (spectra[tap].Examples, spectra[tap].Dimensions, spectra[tap].FeatureRank(0.99)));
            Features.AssertClose(
                [.. expected.SingularValues.Select(s => s * s)], [.. spectra[tap].SingularValues.Select(s => s * s)], 1e-13 * Math.Pow(expected.SingularValues[0], 2), "squares");
            Assert.Equal(NeighbourErrors.Of(wholeTrain, trainLabels, wholeTest, testLabels, 3), neighbours[tap]);
        }

        Assert.Equal(spectra["wide"].SingularValues, TapAnalysis.Spectra(Batches(train, trainLabels), Examples, options)["wide"].SingularValues);
        Assert.Equal(neighbours["narrow"], TapAnalysis.Neighbours(Batches(train, trainLabels), Examples, Batches(test, testLabels), options)["narrow"]);
    }

    [Fact]
    public void A_row_that_is_not_finite_is_named_with_its_tap()
    {
        using var scope = TensorScope.Begin();
        Dictionary<string, Tensor> train = Taps(seed: 1);
        train["narrow"].Narrow(0, 17, 1).FillInPlace(double.NaN);
        var refusal = Assert.Throws<InvalidDataException>(() => TapAnalysis.Spectra(Batches(train, Labels(1)), Examples));
        Assert.Contains("Tap 'narrow': Row 17 ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_left_alive_or_on_disk()
    {
        using var scope = TensorScope.Begin();
        Dictionary<string, Tensor> train = Taps(seed: 1);
        string folder = Directory.CreateTempSubdirectory("sharpless-taps-").FullName;
        long before = Runtime.LiveTensors;
        using (var inner = TensorScope.Begin())
        {
            TapAnalysis.SpectraAndNeighbours(
                Batches(train, Labels(1)), Examples, Batches(train, Labels(1)), new TapAnalysisOptions { FeatureMemory = 0, SpillFolder = folder });
        }

        Assert.Equal(before, Runtime.LiveTensors);
        Assert.Empty(Directory.GetFiles(folder));
        Directory.Delete(folder);
    }

    [Fact]
    public void No_batches_and_more_examples_than_announced_are_refused()
    {
        using var scope = TensorScope.Begin();
        Assert.Throws<ArgumentException>(() => TapAnalysis.Spectra([], Examples));
        Assert.Throws<ArgumentException>(() => TapAnalysis.Spectra(Batches(Taps(seed: 1), Labels(1)), 30));
    }

    private static Dictionary<string, Tensor> Taps(int seed) => new()
    {
        ["wide"] = Features.Decaying(Examples, 96, seed).To(ScalarType.Float32).Reshape(Examples, 6, 4, 4),
        ["narrow"] = Features.Decaying(Examples, 10, seed + 100, offset: 5).To(ScalarType.Float32),
    };

    private static long[] Labels(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Examples).Select(_ => (long)random.Next(3))];
    }

    // In batches of 16, 16 and 8.
    private static IEnumerable<TapBatch> Batches(Dictionary<string, Tensor> taps, long[] labels)
    {
        for (int row = 0; row < Examples; row += 16)
        {
            using var scope = TensorScope.Begin();
            int count = Math.Min(16, Examples - row);
            yield return new TapBatch(taps.ToDictionary(tap => tap.Key, tap => tap.Value.Narrow(0, row, count)), Tensor.From(labels[row..(row + count)]));
        }
    }
}
