using Sharpless.Analysis;
using Sharpless.Torch;

namespace Sharpless.Tests.Analysis;

public class PartialSpectrumTests
{
    private static readonly double[] Shares = [0.85, 0.9, 0.95, 0.99];

    [Theory]
    [InlineData(1100, 1500, Centering.None, 0.9)]
    [InlineData(1100, 1500, Centering.Example, 0.95)]
    [InlineData(1100, 1500, Centering.Feature, 0.95)]
    [InlineData(1500, 1100, Centering.None, 0.95)]
    [InlineData(1500, 1100, Centering.Example, 0.95)]
    [InlineData(1500, 1100, Centering.Feature, 0.9)]
    public void Ranks_of_features_of_low_rank_are_those_of_the_whole_spectrum(int examples, int dimensions, Centering centering, double decay)
    {
        using var scope = NewDisposeScope();
        // Fifteen leading directions and a floor of noise, off center.
        Tensor features = Noise(examples, dimensions, seed: 1, scale: 1e-3) + 0.25;
        Tensor left = Noise(examples, 60, seed: 2, scale: 1), right = Noise(60, dimensions, seed: 3, scale: 1);
        Tensor scales = Tensor.From([.. Enumerable.Range(0, 60).Select(i => Math.Pow(decay, i))], 1, 60);
        features += (left * scales).MatrixProduct(right);

        FeatureSpectrum partial = UpTo(features, centering, Shares), whole = Whole(features, centering);
        Assert.True(partial.IsPartial);
        Assert.Equal(Shares.Select(whole.FeatureRank), Shares.Select(partial.FeatureRank));
        Assert.Equal(whole.FeatureRank(0.99), partial.SingularValues.Length);
        Assert.Equal(1, partial.TotalVariance / whole.TotalVariance, 1e-10);
        Assert.Equal(whole.StableRank(), partial.StableRank(), 1e-6 * whole.StableRank());
        for (int i = 0; i < partial.SingularValues.Length; i++)
            Assert.InRange(partial.SingularValues[i], 0.98 * whole.SingularValues[i], whole.SingularValues[i] * (1 + 1e-9));
    }

    [Fact]
    public void Features_of_exactly_low_rank_exhaust_the_subspace()
    {
        using var scope = NewDisposeScope();
        Tensor features = Noise(1200, 20, seed: 4, scale: 1).MatrixProduct(Noise(20, 1400, seed: 5, scale: 1));
        FeatureSpectrum partial = UpTo(features, Centering.None, Shares);
        Assert.True(partial.IsPartial);
        FeatureSpectrum whole = Whole(features, Centering.None);
        Assert.Equal(Shares.Select(whole.FeatureRank), Shares.Select(partial.FeatureRank));
        Features.AssertClose(whole.SingularValues[..partial.SingularValues.Length], partial.SingularValues, 1e-8 * whole.SingularValues[0], "singular values");
    }

    // The spectra are chosen so that a share is met by the last of `rank` components but for a part of the whole: near on one side or the other.
    [Theory]
    [InlineData(1e-4, true)]
    [InlineData(-1e-4, true)]
    [InlineData(1e-13, false)]
    [InlineData(-1e-13, false)]
    public void A_count_too_near_to_its_share_is_left_to_the_whole_spectrum(double missing, bool isPartial)
    {
        using var scope = NewDisposeScope();
        // Squares: 24 decaying components, which sum to (0.95 + missing) of the whole, then 30 small ones with the rest.
        double[] large = [.. Enumerable.Range(0, 24).Select(i => Math.Pow(0.9, i))];
        double rest = large.Sum() * ((1 / (0.95 + missing)) - 1);
        double[] squares = [.. large, .. Enumerable.Repeat(rest / 30, 30)];
        Tensor features = WithSpectrum(squares, 1100);
        FeatureSpectrum found = UpTo(features, Centering.None, [0.95]);
        Assert.Equal(isPartial, found.IsPartial);
        Assert.Equal(Whole(features, Centering.None).FeatureRank(0.95), found.FeatureRank(0.95));
        if (isPartial) Assert.Equal(missing > 0 ? 24 : 25, found.FeatureRank(0.95));
    }

    [Fact]
    public void Features_of_high_rank_take_the_whole_spectrum()
    {
        using var scope = NewDisposeScope();
        Tensor features = Noise(1100, 1200, seed: 6, scale: 1);
        FeatureSpectrum found = UpTo(features, Centering.Example, Shares);
        Assert.False(found.IsPartial);
        Assert.Equal(1100, found.SingularValues.Length);
    }

    // Certified or not, no count may be wrong.
    [Theory]
    [InlineData(0.8)]
    [InlineData(1.0)]
    [InlineData(1.3)]
    [InlineData(2.0)]
    public void Counts_of_slowly_falling_spectra_are_right_at_every_share(double power)
    {
        using var scope = NewDisposeScope();
        double[] squares = [.. Enumerable.Range(1, 1100).Select(i => Math.Pow(i, -2 * power))];
        Tensor features = WithSpectrum(squares, 1100);
        double total = squares.Sum();
        foreach (double share in new[] { 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97 })
        {
            FeatureSpectrum found = UpTo(features, Centering.None, [share]);
            double sum = 0;
            Assert.Equal(squares.TakeWhile(value => (sum += value) <= share * total).Count() + 1, found.FeatureRank(share));
        }
    }

    // Any orthonormal vectors will do: those of the axes here, turned a little by `angle` towards axes outside.
    [Theory]
    [InlineData(0, 0.98, true)]
    [InlineData(1e-4, 0.98, true)]
    [InlineData(0.1, 0.98, false)]
    public void A_certificate_is_given_only_where_the_vectors_span_the_directions(double angle, double share, bool isCertain)
    {
        using var scope = NewDisposeScope();
        // 20 squares of 100, 1,080 of 0.01: of 2010.8 in all; 0.98 of it is 1970.6, which 19 reach not and 20 do.
        var axes = new double[20 * 1100];
        for (int i = 0; i < 20; i++) (axes[(i * 1100) + i], axes[(i * 1100) + 500 + i]) = (Math.Cos(angle), Math.Sin(angle));
        RankCertificate certificate = Certify([.. Enumerable.Range(0, 1100).Select(i => i < 20 ? 10 : 0.1)], axes);
        Assert.Equal(2010.8, certificate.Trace, 1e-9);
        Assert.Equal(isCertain ? 20 : null, certificate.Rank(share));
        Assert.Null(certificate.Rank(0.999));
    }

    [Fact]
    public void Vectors_that_miss_the_largest_direction_get_no_certificate()
    {
        using var scope = NewDisposeScope();
        // Axes 1 to 19 are invariant, so that no residual tells; axis 0, with a square of 400, lies outside. In truth 9 reach half of the trace.
        var axes = new double[19 * 1100];
        for (int i = 0; i < 19; i++) axes[(i * 1100) + i + 1] = 1;
        Assert.Null(Certify([20, .. Enumerable.Range(1, 1099).Select(i => i < 20 ? 10 : 0.1)], axes).Rank(0.5));
    }

    [Fact]
    public void A_partial_spectrum_answers_nothing_that_it_does_not_know()
    {
        using var scope = NewDisposeScope();
        FeatureSpectrum partial = UpTo(WithSpectrum([4, 3, 2, 1], 1100), Centering.None, [0.8]);
        Assert.True(partial.IsPartial);
        Assert.Equal(3, partial.FeatureRank(0.8));
        Assert.Contains("0.8", Assert.Throws<ArgumentException>(() => partial.FeatureRank(0.99)).Message);
        Assert.Throws<InvalidOperationException>(() => partial.EffectiveRank());
        Assert.Throws<ArgumentException>(() => UpTo(Noise(4, 4, seed: 1, scale: 1), Centering.None, []));
    }

    private static Tensor Noise(long rows, long columns, long seed, double scale)
    {
        using var generator = Generator.Seeded(seed);
        Tensor noise = Tensor.Empty([rows, columns], ScalarType.Float64);
        noise.normal_(0, scale, generator);
        return noise;
    }

    // [n, n] with the given squares of singular values, and zeros after them.
    private static Tensor WithSpectrum(double[] squares, int order)
    {
        Tensor left = linalg.qr(Noise(order, squares.Length, seed: 7, scale: 1)).Item1, right = linalg.qr(Noise(order, squares.Length, seed: 8, scale: 1)).Item1;
        return (left * Tensor.From([.. squares.Select(Math.Sqrt)], 1, squares.Length)).MatrixProduct(right.transpose(0, 1));
    }

    private static RankCertificate Certify(double[] diagonal, double[] vectors)
    {
        int order = diagonal.Length;
        var entries = new double[order * order];
        for (int i = 0; i < order; i++) entries[(i * order) + i] = diagonal[i];
        using FeatureStore store = FeatureStore.Of(Tensor.From(entries, order, order));
        using var panels = new CenteredPanels(store, Centering.None, byColumns: false);
        using var generator = Generator.Seeded(1);
        return new RankCertificate(panels, Tensor.From(vectors, vectors.Length / order, order), 1e-9, generator);
    }

    private static FeatureSpectrum UpTo(Tensor features, Centering centering, double[] shares)
    {
        using FeatureStore store = FeatureStore.Of(features);
        return FeatureSpectrum.UpTo(store, centering, shares);
    }

    private static FeatureSpectrum Whole(Tensor features, Centering centering)
    {
        using FeatureStore store = FeatureStore.Of(features);
        return FeatureSpectrum.Of(store, centering);
    }
}
