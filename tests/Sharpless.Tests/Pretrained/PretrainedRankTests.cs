using Sharpless.Analysis;
using Sharpless.Data;
using Sharpless.Data.Pictures;
using Sharpless.Kernels;
using Sharpless.Models;
using Sharpless.Pretrained;
using Sharpless.Tests.Data;
using Sharpless.Tests.Data.Sources;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Pictures;

namespace Sharpless.Tests.Pretrained;

/// <summary>Ranks of a checkpoint over pictures, against the obvious way: one picture after the other, all features kept.</summary>
public sealed class PretrainedRankTests : IDisposable
{
    private static readonly string[] Files = ["colour.jpg", "colour.png", "full.jpg", "grey.jpg", "lossy.webp", "noise.jpg", "one_bit.png", "palette.png", "progressive.jpg", "transparent.png"];
    private readonly TemporaryFolder _folder = new();

    public PretrainedRankTests()
    {
        // Ten pictures in folders 1 and 3 of the five classes that the golden networks know.
        foreach ((int i, string name) in Files.Index()) Put($"{1 + (2 * (i % 2))}/{name}", name);
    }

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("vit", null), InlineData("vit", true), InlineData("vit-gap", null), InlineData("mixer", null), InlineData("mixer", false), InlineData("hybrid-root", null)]
    public void Features_ranks_and_accuracy_are_those_of_one_picture_after_the_other(string name, bool? averages)
    {
        string file = _folder.File("features.npz");
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        PictureFolder pictures = Pictures();
        var options = new PretrainedRankOptions { Layers = [], BatchSize = 4, Batches = 2, AveragesTokens = averages, FeaturesFile = file };
        PretrainedRankResult kept = PretrainedRank.Run(checkpoint, pictures, options);
        PretrainedRankResult streamed = PretrainedRank.Run(checkpoint, pictures, options with { FeaturesFile = null });

        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        ImageEncoder encoder = checkpoint.Load();
        var rows = encoder.Taps.ToDictionary(tap => tap, _ => new List<Tensor>());
        int right = 0;
        foreach (string picture in pictures.Names.Take(8))
        {
            var recorder = new TapRecorder(encoder.Taps);
            Tensor features = encoder.Encode(Image(picture, checkpoint.Form.ImageSize), recorder);
            if (encoder.Logits(features).argmax(1).Item() == int.Parse(picture.Split('/')[0], null)) right++;
            bool isMean = averages ?? !checkpoint.Form.HasClassToken;
            foreach (string tap in encoder.Taps) rows[tap].Add(isMean ? recorder.Activations[tap].mean([1]) : recorder.Activations[tap].select(1, 0));
        }

        using ArrayFile written = ArrayFile.Open(file);
        Assert.Equal(encoder.Taps, written.Select(array => array.Name));
        Assert.Equal((8, 8, right / 8.0), (kept.Examples, streamed.Examples, kept.Accuracy));
        Assert.Equal(encoder.Taps, streamed.Taps.Select(tap => tap.Tap));
        foreach ((string tap, FeatureSpectrum spectrum) in kept.Taps)
        {
            Tensor expected = cat(rows[tap]);
            Assert.True((written[tap].ToTensor() - expected).abs().flatten().amax([0]).Item() < 1e-5, tap);
            FeatureSpectrum reference = FeatureSpectrum.Of(FeatureStore.Of(expected), Centering.Example), other = streamed.Taps.Single(item => item.Tap == tap).Spectrum;
            foreach (double share in (double[])[0.99, 0.9]) Assert.Equal((reference.FeatureRank(share), reference.FeatureRank(share)), (spectrum.FeatureRank(share), other.FeatureRank(share)));
        }
    }

    [Fact]
    public void Block_input_and_what_is_added_make_the_block_output_of_every_layer()
    {
        Dictionary<string, Tensor> features = Features("mixer", new PretrainedRankOptions { Layers = [] });
        for (int layer = 1; layer <= 3; layer++)
        {
            AssertClose(features[$"layer{layer}.preatt"] + features[$"layer{layer}.att"], features[$"layer{layer}.premlp"]);
            AssertClose(features[$"layer{layer}.premlp"] + features[$"layer{layer}.mlp"], features[$"layer{layer}.res"]);
            if (layer > 1) AssertClose(features[$"layer{layer - 1}.res"], features[$"layer{layer}.preatt"]);
        }
    }

    [Fact]
    public void A_token_by_its_number_is_that_token()
    {
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        Dictionary<string, Tensor> features = Features("vit", new PretrainedRankOptions { Token = 5, Layers = [2], Places = ["res"] });
        using IDisposable off = no_grad();
        ImageEncoder encoder = checkpoint.Load();
        Tensor[] expected = [.. Pictures().Names.Select(name => encoder.Tokens(Image(name, 16), 2).select(1, 5))];
        AssertClose(cat(expected), features["layer2.res"]);
    }

    [Fact]
    public void As_published_gelu_comes_after_the_mean_and_sums_come_from_what_was_kept()
    {
        var options = new PretrainedRankOptions { AveragesTokens = true, BatchSize = 5 };
        Dictionary<string, Tensor> right = Features("vit", options), published = Features("vit", options with { IsAsPublished = true });
        foreach (string place in (string[])["preatt", "preact", "mlp", "res", "premlp", "att"]) AssertClose(right[$"layer3.{place}"], published[$"layer3.{place}"]);
        AssertClose(Fused.Gelu(right["layer3.preact"], byTanh: true), published["layer3.gelu"]);
        Assert.True((right["layer3.gelu"] - published["layer3.gelu"]).abs().flatten().amax([0]).Item() > 0.01);
    }

    [Fact]
    public void As_published_a_mixer_gives_the_corner_of_its_block_output_at_every_place()
    {
        Dictionary<string, Tensor> published = Features("mixer", new PretrainedRankOptions { IsAsPublished = true, BatchSize = 5 });
        Dictionary<string, Tensor> corner = Features("mixer", new PretrainedRankOptions { Token = 0 });
        foreach (string place in (string[])["preatt", "preact", "mlp", "res"]) AssertClose(corner["layer3.res"], published[$"layer3.{place}"]);
        AssertClose(Fused.Gelu(corner["layer3.res"], byTanh: true), published["layer3.gelu"]);
        AssertClose(corner["layer3.res"] * -1, published["layer3.att"]);
        Assert.Equal(0, published["layer3.premlp"].abs().sum().Item());
    }

    [Fact]
    public void Blocks_that_add_nothing_have_rank_zero_there_and_pass_their_input_on()
    {
        string path = _folder.File("identity.npz");
        using (ArrayFile file = ArrayFile.Open(GoldenCheckpoint.PathOf("vit")))
        {
            NpzFile.Write(path, [.. file.Select(array => new ArrayEntry(
                array.Name, array.Type, array.Shape, array.Name.Contains("/out/", StringComparison.Ordinal) || array.Name.Contains("Dense_1", StringComparison.Ordinal) ? new byte[array.ByteCount] : array.ToArray()))]);
        }

        using Checkpoint checkpoint = Checkpoint.Open(path);
        PretrainedRankResult result = PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { AveragesTokens = true });
        Dictionary<string, int> ranks = result.Taps.ToDictionary(tap => tap.Tap, tap => tap.Spectrum.FeatureRank(0.99));
        Assert.Equal((0, 0), (ranks["layer3.att"], ranks["layer3.mlp"]));
        Assert.True(ranks["layer3.res"] > 0);
        Assert.Equal(ranks["layer3.preatt"], ranks["layer3.res"]);
    }

    [Fact]
    public void Damaged_pictures_are_named_and_end_the_run_or_are_left_out()
    {
        File.WriteAllBytes(_folder.File("data/3/broken.jpg"), File.ReadAllBytes(GoldenFiles.PathOf("data", "full.jpg"))[..500]);
        File.WriteAllText(_folder.File("data/1/text.png"), "no picture");
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        FailureException failure = Assert.Throws<FailureException>(() => PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { BatchSize = 3 }));
        Assert.Contains("text.png", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--skip-bad-images", failure.Hint, StringComparison.Ordinal);

        PretrainedRankResult result = PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { BatchSize = 3, SkipsDamaged = true });
        Assert.Equal(["1/text.png", "3/broken.jpg"], result.Skipped);
        Assert.Equal(10, result.Examples);
        PretrainedRankResult whole = PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { SkipsDamaged = true });
        Assert.Equal(whole.Taps[^1].Spectrum.SingularValues, result.Taps[^1].Spectrum.SingularValues, (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal(whole.Accuracy, result.Accuracy);
    }

    [Fact]
    public void Networks_from_caffe_get_bytes_without_their_mean_and_blue_first()
    {
        using var scope = NewDisposeScope();
        var unit = new CornerPixel();
        var caffe = new CornerPixel();
        var options = new PretrainedRankOptions { Normalization = Normalization.None(3) };
        ForeignRank.Run(unit, new PictureSize(8, 8), Pictures(), options);
        ForeignRank.Run(caffe, new PictureSize(8, 8), Pictures(),
            options with { Normalization = Normalization.OfCaffe, TakesBlueFirst = true });
        Assert.Equal(10, unit.Seen.Count);
        foreach ((float[] pixel, float[] given) in unit.Seen.Zip(caffe.Seen))
        {
            Assert.Equal((pixel[2] * 255) - 103.939f, given[0], 1e-3f);
            Assert.Equal((pixel[1] * 255) - 116.779f, given[1], 1e-3f);
            Assert.Equal((pixel[0] * 255) - 123.68f, given[2], 1e-3f);
        }
    }

    [Fact]
    public void As_published_only_whole_batches_count()
    {
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        Assert.Equal(8, PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { BatchSize = 4, IsAsPublished = true }).Examples);
        Assert.Equal(10, PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { BatchSize = 4 }).Examples);
        Assert.Contains("fewer than one batch of 11", Assert.Throws<UsageException>(() => PretrainedRank.Run(checkpoint, Pictures(), new PretrainedRankOptions { BatchSize = 11, IsAsPublished = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_go_with_the_network_is_refused_before_any_picture()
    {
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        foreach ((PretrainedRankOptions options, string expected) in ((PretrainedRankOptions, string)[])
        [
            (new() { Layers = [2, 4] }, "the network has 3 blocks"), (new() { Layers = [0] }, "counted from 1"), (new() { Token = 17 }, "the network has 17 tokens"),
            (new() { Token = 1, AveragesTokens = true }, "does not go with"), (new() { Places = ["out"] }, "known are preatt"), (new() { MemoryLimit = 100 }, "bytes of memory, and the limit is 100"),
        ])
        {
            Assert.Contains(expected, Assert.Throws<UsageException>(() => PretrainedRank.Run(checkpoint, Pictures(), options)).Message, StringComparison.Ordinal);
        }
    }

    private PictureFolder Pictures() => PictureFolder.Open(_folder.File("data"), "train");

    private Dictionary<string, Tensor> Features(string name, PretrainedRankOptions options)
    {
        string file = _folder.File(Path.GetRandomFileName());
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        PretrainedRank.Run(checkpoint, Pictures(), options with { FeaturesFile = file });
        using ArrayFile written = ArrayFile.Open(file);
        return written.ToDictionary(array => array.Name, array => array.ToTensor());
    }

    private Tensor Image(string name, int side)
    {
        string path = _folder.File($"data/{name}");
        var pixels = new float[3 * side * side];
        BilinearResize.Write(PictureFile.Decode(File.ReadAllBytes(path), path), side, side, pixels);
        return Tensor.From<float>([.. pixels.Select(value => 2 * (value - 0.5f))], 1, 3, side, side);
    }

    private void Put(string name, string golden)
    {
        string path = _folder.File($"data/{name}");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(GoldenFiles.PathOf("data", golden), path);
    }

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.True((expected - actual).abs().flatten().amax([0]).Item() < 1e-5 * Math.Max(1, expected.abs().flatten().amax([0]).Item()), $"{expected.Text} and {actual.Text} differ.");

    // Keeps the first pixel of each image that it is given.
    private sealed class CornerPixel : IForeignNetwork
    {
        internal List<float[]> Seen { get; } = [];

        public string Kind => "test";

        public IReadOnlyList<string> Taps => ["pixel"];

        public int? ImageHeight => null;

        public int? ImageWidth => null;

        public IReadOnlyList<Tensor> Run(Tensor images)
        {
            Tensor pixels = images.select(3, 0).select(2, 0);
            // The first call asks for the sizes of the features.
            if (images.size(0) > 1 || pixels.abs().sum().Item() > 0) Seen.AddRange(pixels.ToArray<float>().Chunk(3));
            return [pixels];
        }

        public void Dispose()
        {
        }
    }
}
