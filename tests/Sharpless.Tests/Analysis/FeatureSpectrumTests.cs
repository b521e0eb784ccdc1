using System.Globalization;
using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Analysis;

public class FeatureSpectrumTests
{
    public static TheoryData<string, string> GoldenCases()
    {
        var cases = new TheoryData<string, string>();
        foreach (JsonElement one in Golden.Expected.GetProperty("spectra").EnumerateArray())
            cases.Add(one.GetProperty("file").GetString()!, one.GetProperty("centering").GetString()!);
        return cases;
    }

    [Theory, MemberData(nameof(GoldenCases))]
    public void Spectrum_and_rank_of_a_file_equal_those_of_numpy(string file, string centering)
    {
        JsonElement expected = Golden.Expected.GetProperty("spectra").EnumerateArray()
            .Single(one => one.GetProperty("file").GetString() == file && one.GetProperty("centering").GetString() == centering);
        using ArrayFile stored = Golden.Open(file);
        FeatureSpectrum spectrum = FeatureSpectrum.Of(new StoredFeatures(stored[0]), Enum.Parse<Centering>(centering, ignoreCase: true));

        double[] values = expected.GetProperty("singular_values").Numbers();
        // The Gram matrix squares the values: 1e-15 of the largest square is 3e-8 of the largest value, seen only where the true value is 0.
        Features.AssertClose(values, spectrum.SingularValues, 1e-7 * values[0], "singular values");
        Features.AssertClose([.. values.Select(s => s * s)], [.. spectrum.SingularValues.Select(s => s * s)], 3e-14 * values[0] * values[0], "squares");
        Assert.Equal(expected.GetProperty("total_variance").GetDouble(), spectrum.TotalVariance, 1e-12 * values[0] * values[0]);
        foreach (JsonProperty rank in expected.GetProperty("rank").EnumerateObject())
            Assert.Equal(rank.Value.GetInt32(), spectrum.FeatureRank(double.Parse(rank.Name, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData(50, 30)]
    [InlineData(30, 50)]
    public void Covariance_trace_survives_an_offset_of_a_million(int examples, int dimensions)
    {
        using var scope = NewDisposeScope();
        Tensor plain = Features.Decaying(examples, dimensions, seed: 1).To(ScalarType.Float32).To(ScalarType.Float64);
        // Rounded first and then moved, both exact in float64 up to its own rounding at 1e6.
        double expected = Spectrum(plain, Centering.Feature).TotalVariance;
        double actual = Spectrum(plain + 1e6, Centering.Feature).TotalVariance;
        Assert.Equal(expected, actual, 1e-9 * expected);
    }

    [Theory]
    [InlineData(Centering.None, 40, 24)]
    [InlineData(Centering.None, 24, 40)]
    [InlineData(Centering.Feature, 40, 24)]
    [InlineData(Centering.Feature, 24, 40)]
    public void Rank_ignores_rotation_and_scale(Centering centering, int examples, int dimensions)
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(examples, dimensions, seed: 2);
        Tensor rotation = linalg.qr(Features.Decaying(dimensions, dimensions, seed: 3, decay: 1)).Item1;
        FeatureSpectrum before = Spectrum(features, centering), after = Spectrum(features.MatrixProduct(rotation) * 1000, centering);
        Features.AssertClose([.. before.SingularValues.Select(s => 1000 * s)], after.SingularValues, 1e-7 * after.SingularValues[0], "singular values");
        foreach (double share in new[] { 0.85, 0.9, 0.95, 0.99 }) Assert.Equal(before.FeatureRank(share), after.FeatureRank(share));
        Assert.Equal(before.EffectiveRank(), after.EffectiveRank(), 1e-5);
        Assert.Equal(before.StableRank(), after.StableRank(), 1e-9);
    }

    [Fact]
    public void Rank_counts_the_components_that_do_not_yet_exceed_the_share_and_one_more()
    {
        // Squares 16, 4, 4, 1: cumulated 16, 20, 24, 25 of 25.
        FeatureSpectrum spectrum = Made([4, 2, 2, 1]);
        Assert.Equal(1, spectrum.FeatureRank(0.5));
        Assert.Equal(2, spectrum.FeatureRank(0.64)); // 16 <= 0.64 * 25: a boundary counts as not exceeded
        Assert.Equal(2, spectrum.FeatureRank(0.79));
        Assert.Equal(3, spectrum.FeatureRank(0.9));
        Assert.Equal(4, spectrum.FeatureRank(0.99));
        Assert.Equal(25.0 / 16, spectrum.StableRank(), 1e-15);
    }

    [Fact]
    public void Rounding_noise_is_no_component_however_large_the_share()
    {
        FeatureSpectrum spectrum = Made([1, 1, 1e-8, 1e-8, 0]);
        Assert.Equal(2, spectrum.FeatureRank(0.999_999_999_999_999));
    }

    [Fact]
    public void Zeros_have_no_rank_at_all()
    {
        FeatureSpectrum spectrum = Made([0, 0, 0]);
        Assert.Equal(0, spectrum.FeatureRank(0.99));
        Assert.Equal(0, spectrum.EffectiveRank());
        Assert.Equal(0, spectrum.StableRank());
    }

    [Fact]
    public void Equal_values_have_full_effective_and_stable_rank()
    {
        FeatureSpectrum spectrum = Made([3, 3, 3, 3]);
        Assert.Equal(4, spectrum.EffectiveRank(), 1e-12);
        Assert.Equal(4, spectrum.StableRank(), 1e-12);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    public void A_share_outside_zero_and_one_is_refused(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Made([1]).FeatureRank(share));

    [Theory]
    [InlineData(8, 4)]
    [InlineData(4, 8)]
    public void The_first_row_that_is_not_finite_is_named(int examples, int dimensions)
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(examples, dimensions, seed: 6);
        features.narrow(0, 3, 1).narrow(1, 2, 1).fill_(double.PositiveInfinity);
        features.narrow(0, 2, 1).narrow(1, 1, 1).fill_(double.NaN);
        var refusal = Assert.Throws<InvalidDataException>(() => Spectrum(features, Centering.Example));
        Assert.Contains("Row 2 ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("NaN in column 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_whose_squares_overflow_are_refused_and_not_taken_for_infinite()
    {
        using var scope = NewDisposeScope();
        var refusal = Assert.Throws<InvalidDataException>(() => Spectrum(Features.Decaying(5, 3, seed: 7) * 1e200, Centering.None));
        Assert.Contains("too large", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wide_features_from_a_spill_file_and_from_memory_give_the_same_bits()
    {
        using var scope = NewDisposeScope();
        Tensor features = Features.Decaying(30, 200, seed: 8).To(ScalarType.Float32);
        using var memory = new FeatureStore(30, 200);
        using var spilled = new FeatureStore(30, 200, spillFolder: Path.GetTempPath());
        foreach (FeatureStore store in new[] { memory, spilled })
        {
            store.Append(features.narrow(0, 0, 7));
            store.Append(features.narrow(0, 7, 23));
        }

        Assert.Equal(FeatureSpectrum.Of(memory, Centering.Example).SingularValues, FeatureSpectrum.Of(spilled, Centering.Example).SingularValues);
        Assert.Equal(features.ToArray<float>(), spilled.ReadRows(0, 30).ToArray<float>());
        Assert.Equal(features.narrow(0, 4, 5).narrow(1, 11, 3).ToArray<float>(), spilled.Read(4, 5, 11, 3).ToArray<float>());
    }

    private static FeatureSpectrum Spectrum(Tensor features, Centering centering)
    {
        using FeatureStore store = FeatureStore.Of(features);
        return FeatureSpectrum.Of(store, centering);
    }

    private static FeatureSpectrum Made(double[] values) => new()
    {
        SingularValues = values, Examples = 10, Dimensions = values.Length, Centering = Centering.None, TotalVariance = values.Sum(s => s * s) / 10,
    };
}
