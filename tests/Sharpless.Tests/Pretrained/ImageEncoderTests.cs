using Sharpless.Models;
using Sharpless.Pretrained;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Pretrained;

/// <summary>Vision transformers, hybrids and Mixers compute what a PyTorch script computes that knows nothing of them (tests/golden/pretrained).</summary>
public class ImageEncoderTests
{
    // Float32 keeps 6e-8 of each number; the sums of three blocks add some tens of that.
    private const double Tolerance = 1e-5;

    // Of a gradient the sums are over all tokens of the batch as well.
    private const double GradientTolerance = 1e-4;

    public static TheoryData<string> Cases => [.. GoldenCheckpoint.Names];

    [Theory, MemberData(nameof(Cases))]
    public void Every_tap_features_and_logits_are_those_of_pytorch(string name)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var golden = new GoldenCheckpoint(name);
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        ImageEncoder encoder = checkpoint.Load();
        var taps = new TapRecorder(encoder.Taps);
        Tensor features = encoder.Encode(golden["images"], taps);
        golden.RequireClose("features", features, Tolerance);
        if (encoder.Form.Classes > 0) golden.RequireClose("logits", encoder.Logits(features), Tolerance);
        Assert.Equal(golden.Keys("layer").Order(StringComparer.Ordinal), encoder.Taps.SelectMany(tap => (string[])[$"{tap}/first", $"{tap}/mean"]).Order(StringComparer.Ordinal));
        foreach (string tap in encoder.Taps)
        {
            golden.RequireClose($"{tap}/first", taps.Activations[tap].select(1, 0), Tolerance);
            golden.RequireClose($"{tap}/mean", taps.Activations[tap].mean([1]), Tolerance);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_of_every_parameter_are_those_of_pytorch(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenCheckpoint(name);
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        ImageEncoder encoder = checkpoint.Load();
        Tensor features = encoder.Encode(golden["images"]);
        float[] weights = [.. Enumerable.Range(0, (int)features.NumberOfElements).Select(i => (float)Math.Cos(i))];
        (features * Tensor.From<float>(weights, features.shape)).sum().Backward();
        Dictionary<string, Parameter> parameters = encoder.Parameters().ToDictionary(item => item.Name, item => item.Parameter);
        string[] trained = [.. parameters.Where(item => item.Value.grad is not null).Select(item => item.Key)];
        Assert.Equal(golden.Keys("gradient/").Order(StringComparer.Ordinal), trained.Select(parameter => $"gradient/{parameter}").Order(StringComparer.Ordinal));
        double largest = trained.Max(parameter => golden[$"gradient/{parameter}"].abs().flatten().amax([0]).Item());
        foreach ((string parameter, Parameter value) in parameters.Where(item => trained.Contains(item.Key)))
        {
            double[] all = value.grad!.ToArray<float>().Select(number => (double)number).ToArray();
            int step = Math.Max(1, all.Length / 16);
            golden.RequireClose($"gradient/{parameter}", Tensor.From<double>([.. all.Where((_, i) => i % step == 0)]), GradientTolerance, 1e-2 * largest);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Bfloat16_stays_near_float32(string name)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var golden = new GoldenCheckpoint(name);
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        ImageEncoder encoder = checkpoint.Load(Precision.BFloat16);
        Tensor images = golden["images"].Contiguous(Precision.BFloat16.Layout()).To(ScalarType.BFloat16);
        Tensor features = encoder.Encode(images);
        Assert.Equal(ScalarType.BFloat16, features.dtype);
        // Bfloat16 keeps 8 bits, 0.4 %, of each activation.
        golden.RequireClose("features", features, 0.05);
    }

    [Fact]
    public void A_run_of_fewer_blocks_records_the_same_taps()
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        using var golden = new GoldenCheckpoint("vit");
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        ImageEncoder encoder = checkpoint.Load();
        var taps = new TapRecorder(["layer2.res", "layer3.res"], tokens => tokens.select(1, 0));
        encoder.Tokens(golden["images"], 2, taps);
        golden.RequireClose("layer2.res/first", taps.Activations["layer2.res"], Tolerance);
        Assert.DoesNotContain("layer3.res", taps.Activations.Keys);
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Tokens(golden["images"], 4));
    }

    [Fact]
    public void Images_of_another_size_are_refused_with_both_sizes()
    {
        using var scope = NewDisposeScope();
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        ImageEncoder encoder = checkpoint.Load();
        string message = Assert.Throws<ArgumentException>(() => encoder.Encode(zeros([2, 3, 24, 24]))).Message;
        Assert.Contains("[B, 3, 16, 16]", message, StringComparison.Ordinal);
        Assert.Contains("[2, 3, 24, 24]", message, StringComparison.Ordinal);
    }

    // Tables of the published configurations, with a head of 1000 classes at 224 pixels.
    [Theory]
    [InlineData("ViT-Ti_16", 16, 192, 12, 3, 768, 5_717_416)]
    [InlineData("ViT-S_32", 32, 384, 12, 6, 1536, 22_878_952)]
    [InlineData("ViT-B_16", 16, 768, 12, 12, 3072, 86_567_656)]
    [InlineData("ViT-L_32", 32, 1024, 24, 16, 4096, 306_535_400)]
    [InlineData("ViT-H_14", 14, 1280, 32, 16, 5120, 632_045_800)]
    [InlineData("testing", 16, 10, 1, 2, 10, 21_390)]
    public void Vision_transformers_have_the_published_numbers_of_parameters(string name, int patch, int width, int layers, int heads, int hidden, long parameters) =>
        AssertParameters(name, Vit(patch, width, layers, heads, hidden), parameters);

    [Fact]
    public void The_other_families_have_the_published_numbers_of_parameters()
    {
        AssertParameters("ViT-B_16-gap-norep", Vit(16, 768, 12, 12, 3072) with { HasClassToken = false }, 86_566_120);
        EncoderForm tiny = Vit(8, 192, 12, 3, 768) with { Kind = EncoderKind.Hybrid, StemWidth = 64, Grid = 7 };
        AssertParameters("R+ViT-Ti_16", tiny, 6_337_704);
        AssertParameters("R50+ViT-B_16", Vit(1, 768, 12, 12, 3072) with { Kind = EncoderKind.Hybrid, StemWidth = 64, StemUnits = [3, 4, 9], Grid = 14 }, 98_659_112);
        AssertParameters("R26+ViT-S_32", Vit(1, 384, 12, 6, 1536) with { Kind = EncoderKind.Hybrid, StemWidth = 64, StemUnits = [2, 2, 2, 2], Grid = 7 }, 36_431_912);
        AssertParameters("Mixer-B_16", new EncoderForm { Kind = EncoderKind.Mixer, Layers = 12, Width = 768, Patch = 16, Grid = 14, TokenHidden = 384, Hidden = 3072, Classes = 1000 }, 59_880_472);
        Assert.Equal(224, tiny.ImageSize);
    }

    [Fact]
    public void First_weights_are_drawn_as_published()
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(3);
        ImageEncoder encoder = ImageEncoder.Create(Vit(8, 192, 1, 3, 768) with { Kind = EncoderKind.Hybrid, StemWidth = 64, Grid = 3, Classes = 0 });
        encoder.Initialize(generator);
        Dictionary<string, Tensor> values = encoder.Parameters().ToDictionary(item => item.Name, item => (Tensor)item.Parameter);

        // Cut at two standard deviations of the parent, which leaves 0.8796 of its deviation: the largest value is 2 / 0.8796 deviations away.
        AssertSpread(values["embedding/kernel"], Math.Sqrt(1.0 / (8 * 8 * 64)), 2 / 0.87962566);
        AssertSpread(values["conv_root/kernel"], Math.Sqrt(1.0 / (7 * 7 * 3)), 2 / 0.87962566);
        // A uniform distribution within ±b has the deviation b / sqrt(3).
        AssertSpread(values["Transformer/encoderblock_0/MultiHeadDotProductAttention_0/query/kernel"], Math.Sqrt(6.0 / (192 + 192)) / Math.Sqrt(3), Math.Sqrt(3));
        AssertSpread(values["Transformer/encoderblock_0/MlpBlock_0/Dense_1/kernel"], Math.Sqrt(6.0 / (192 + 768)) / Math.Sqrt(3), Math.Sqrt(3));
        AssertSpread(values["Transformer/posembed_input/pos_embedding"], 0.02, double.PositiveInfinity);
        AssertSpread(values["Transformer/encoderblock_0/MlpBlock_0/Dense_0/bias"], 1e-6, double.PositiveInfinity);
        Assert.All(values.Where(item => item.Key is "cls" || (item.Key.EndsWith("/bias", StringComparison.Ordinal) && !item.Key.Contains("Dense", StringComparison.Ordinal))), item => Assert.Equal(0, item.Value.abs().sum().Item()));
        Assert.All(values.Where(item => item.Key.EndsWith("/scale", StringComparison.Ordinal)), item => Assert.Equal(0, (item.Value - 1).abs().sum().Item()));
    }

    private static EncoderForm Vit(int patch, int width, int layers, int heads, int hidden) => new()
    {
        Kind = EncoderKind.Vit, Layers = layers, Width = width, Heads = heads, Hidden = hidden, Patch = patch, Grid = 224 / patch, HasClassToken = true, Classes = 1000,
    };

    private static void AssertParameters(string name, EncoderForm form, long expected)
    {
        using var scope = NewDisposeScope();
        long actual = ImageEncoder.Create(form).Parameters().Sum(item => item.Parameter.NumberOfElements);
        Assert.True(expected == actual, $"{name} has {actual} parameters; published are {expected}.");
    }

    private static void AssertSpread(Tensor values, double deviation, double largest)
    {
        // With n draws a deviation is known to about 1 / sqrt(2 n).
        double tolerance = 5 / Math.Sqrt(2 * values.NumberOfElements);
        Assert.InRange((values * values).mean().Item(), deviation * deviation * (1 - (2 * tolerance)), deviation * deviation * (1 + (2 * tolerance)));
        double most = values.abs().flatten().amax([0]).Item();
        Assert.True(most <= largest * deviation * (1 + 1e-6), $"The largest value is {most}, above {largest} deviations of {deviation}.");
        if (double.IsFinite(largest)) Assert.True(most > 0.9 * largest * deviation, $"The largest value is {most}, far from {largest} deviations of {deviation}.");
    }
}
