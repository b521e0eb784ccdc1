using Sharpless.Pretrained;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Pretrained;

/// <summary>What a checkpoint tells about its network, and what is refused by name.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sharpless-checkpoint-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_form_of_each_family_follows_from_the_tensors()
    {
        AssertForm("vit", new EncoderForm { Kind = EncoderKind.Vit, Layers = 3, Width = 12, Heads = 2, Hidden = 20, Patch = 4, Grid = 4, HasClassToken = true, Representation = 7, Classes = 5 }, 16, 4);
        AssertForm("vit-gap", new EncoderForm { Kind = EncoderKind.Vit, Layers = 2, Width = 16, Heads = 4, Hidden = 24, Patch = 8, Grid = 3, Classes = 5 }, 24, 8);
        AssertForm("hybrid-root", new EncoderForm { Kind = EncoderKind.Hybrid, Layers = 2, Width = 12, Heads = 3, Hidden = 16, Patch = 2, Grid = 3, HasClassToken = true, StemWidth = 32, Classes = 5 }, 24, 8);
        AssertForm("hybrid-stages", new EncoderForm { Kind = EncoderKind.Hybrid, Layers = 1, Width = 12, Heads = 2, Hidden = 16, Patch = 1, Grid = 3, HasClassToken = true, StemWidth = 32, StemUnits = [2, 1], Classes = 5 }, 24, 8);
        AssertForm("mixer", new EncoderForm { Kind = EncoderKind.Mixer, Layers = 3, Width = 12, TokenHidden = 6, Hidden = 20, Patch = 4, Grid = 4, Classes = 5 }, 16, 4);
        AssertForm("vit-timm", new EncoderForm { Kind = EncoderKind.Vit, Layers = 2, Width = 12, Heads = 2, Hidden = 20, Patch = 4, Grid = 4, HasClassToken = true, Classes = 5, Gelu = GeluForm.Exact }, 16, 4);
        EncoderForm small = new() { Kind = EncoderKind.Vit, Layers = 2, Width = 12, Heads = 2, Hidden = 20, Patch = 4, Grid = 3, HasClassToken = true, Classes = 5, Gelu = GeluForm.Exact };
        AssertForm("dinov2-timm", small with { Registers = 3, Positions = PositionScope.Patches, ScalesBranches = true }, 12, 4);
        AssertForm("dinov2-own", small with { Registers = 4, Positions = PositionScope.ClassTokenAndPatches, ScalesBranches = true, Classes = 0 }, 12, 4);
        AssertForm("clip-timm", small with { NormalizesInput = true, HasEmbeddingBias = false, NormEpsilon = 1e-5, Gelu = GeluForm.Quick }, 12, 4);
        AssertForm("reg-gap-timm", small with { Heads = 3, HasClassToken = false, Registers = 2, Positions = PositionScope.Patches, NormalizesQueries = true, NormalizesMean = true, ScalesBranches = true }, 12, 4);
        AssertForm("reg-all-timm", small with { Registers = 2 }, 12, 4);
        AssertForm("mae-timm", small with { NormalizesMean = true }, 12, 4);
        AssertForm("deit3", small with { Positions = PositionScope.Patches, ScalesBranches = true }, 12, 4);
        AssertForm("big-vision", small with { Positions = PositionScope.Patches, ScalesBranches = true, Gelu = GeluForm.Tanh }, 12, 4);
        AssertForm("mixer-timm", new EncoderForm { Kind = EncoderKind.Mixer, Layers = 2, Width = 12, TokenHidden = 6, Hidden = 20, Patch = 4, Grid = 4, Classes = 5, Gelu = GeluForm.Exact }, 16, 4);
    }

    [Fact]
    public void What_the_network_does_not_have_is_named_and_left()
    {
        using Checkpoint whole = GoldenCheckpoint.Open("vit");
        Assert.Equal(["opt/state/step"], whole.PassedOver);
        using Checkpoint headless = Checkpoint.Open(GoldenCheckpoint.PathOf("vit"), new CheckpointOptions { ReadsHead = false });
        Assert.Equal(["head/bias", "head/kernel", "opt/state/step", "pre_logits/bias", "pre_logits/kernel"], headless.PassedOver.Order(StringComparer.Ordinal));
        using var scope = NewDisposeScope();
        Assert.Throws<InvalidOperationException>(() => headless.Load().Logits(zeros([1, 12])));
    }

    [Theory]
    [InlineData("dinov2-own", "module.backbone.mask_token", "module.dino_head.mlp.0.weight")]
    [InlineData("mae-timm", "decoder_pos_embed")]
    [InlineData("deit3", "optimizer.state.0.exp_avg")]
    [InlineData("big-vision", "opt/0/mu/embedding/kernel")]
    public void Heads_leftovers_of_pretraining_and_optimizers_are_passed_over_by_name(string name, params string[] expected)
    {
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        Assert.Equal(expected, checkpoint.PassedOver);
    }

    [Theory]
    [InlineData("vit-timm", "blocks.1.attn.rel_pos.relative_position_bias_table", "relative positions")]
    [InlineData("vit-timm", "blocks.0.attn.rope.freqs", "rotary positions")]
    [InlineData("vit-timm", "blocks.0.mlp.w12.weight", "a gated MLP (SwiGLU)")]
    [InlineData("vit-timm", "blocks.0.attn.q_bias", "biases of queries and values alone")]
    [InlineData("vit-timm", "blocks.0.attn.norm.weight", "a normalization inside attention or MLP")]
    [InlineData("vit-timm", "dist_token", "a distillation token")]
    [InlineData("vit-timm", "blocks.1.ls1.gamma", "LayerScale")]
    [InlineData("vit-timm", "blocks.1.new.weight", null)]
    [InlineData("deit3", "cls_token", null)]
    [InlineData("deit3", "model.adapter.weight", null)]
    [InlineData("vit", "Transformer/encoderblock_1/LayerScale_0/gamma", "LayerScale")]
    [InlineData("vit", "Transformer/adapter/kernel", null)]
    [InlineData("vit", "adapter", null)]
    [InlineData("mixer", "MixerBlock_1/LayerScale_0/gamma", "LayerScale")]
    public void A_part_of_the_network_that_is_not_known_is_refused_by_name(string name, string unknown, string? meaning)
    {
        string path = WithMore(name, new ArrayEntry(unknown, [12], new float[12]));
        string message = Assert.Throws<InvalidDataException>(() => Checkpoint.Open(path, GoldenCheckpoint.OptionsOf(name))).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains($"'{unknown}'{(meaning is null ? "" : $" ({meaning})")}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_normalizations_at_the_end_one_is_refused()
    {
        string path = WithMore("mae-timm", new ArrayEntry("norm.weight", [12], new float[12]));
        Assert.Contains("'norm.weight' (a second normalization at the end)", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(path, GoldenCheckpoint.OptionsOf("mae-timm"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gated_mlp_that_is_named_as_another_is_refused_by_what_it_is()
    {
        string path = Changed("vit-timm", "blocks.0.mlp.fc2.weight", array => new ArrayEntry(array.Name, [12, 10], new float[120]));
        Assert.Contains("'blocks.0.mlp.fc2.weight' takes half of the hidden units", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(path, GoldenCheckpoint.OptionsOf("vit-timm"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_with_more_parts_than_are_known_is_passed_over_as_a_whole()
    {
        using Checkpoint checkpoint = Checkpoint.Open(WithMore("vit-timm", new ArrayEntry("attn_pool.latent", [12], new float[12])), GoldenCheckpoint.OptionsOf("vit-timm"));
        Assert.Equal(0, checkpoint.Form.Classes);
        Assert.Equal(["attn_pool.latent", "head.bias", "head.weight"], checkpoint.PassedOver.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Which_activation_a_clip_has_must_be_said() => AssertRefused(GoldenCheckpoint.PathOf("clip-timm"), "'norm_pre'", "exact, or quick");

    [Theory, InlineData("module."), InlineData("model."), InlineData("encoder."), InlineData("backbone."), InlineData("_orig_mod."), InlineData("module.model.backbone.")]
    public void A_wrappers_prefix_before_all_names_changes_nothing(string prefix)
    {
        using var scope = NewDisposeScope();
        using Checkpoint plain = GoldenCheckpoint.Open("dinov2-timm");
        using Checkpoint wrapped = Checkpoint.Open(Write(array => Copy(array) with { Name = prefix + array.Name }, "dinov2-timm"), GoldenCheckpoint.OptionsOf("dinov2-timm"));
        Assert.Equal(plain.Form with { StemUnits = [] }, wrapped.Form with { StemUnits = [] });
        Assert.Equal(plain.Load().Parameters().Select(item => item.Parameter.sum().Item()), wrapped.Load().Parameters().Select(item => item.Parameter.sum().Item()));
    }

    [Fact]
    public void Two_networks_under_two_prefixes_are_refused()
    {
        using ArrayFile file = ArrayFile.Open(GoldenCheckpoint.PathOf("vit-timm"));
        string path = Path.Combine(_folder.FullName, "two.npz");
        NpzFile.Write(path, [.. file.Select(array => Copy(array) with { Name = $"model.{array.Name}" }), .. file.Select(array => Copy(array) with { Name = $"module.{array.Name}" })]);
        AssertRefused(path, "more than once: 'model.blocks.0.norm1.weight' and 'module.blocks.0.norm1.weight'");
    }

    [Fact]
    public void Positions_that_could_be_those_of_two_grids_are_refused()
    {
        // With four registers nine positions are 3x3, or 2x2 behind a class token and the registers.
        string path = Write(array => array.Name == "pos_embed" ? new ArrayEntry(array.Name, [1, 9, 12], new float[108]) : Copy(array), "dinov2-timm", ("reg_token", [1, 4, 12]));
        Assert.Contains("it does not follow which of them are those of the patches", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(path, GoldenCheckpoint.OptionsOf("dinov2-timm"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loading_gives_each_parameter_its_own_memory_and_a_gradient()
    {
        using var scope = NewDisposeScope();
        using Checkpoint checkpoint = GoldenCheckpoint.Open("vit");
        ImageEncoder encoder = checkpoint.Load();
        Assert.All(encoder.Parameters(), item => Assert.True(item.Parameter.requires_grad && item.Parameter.is_contiguous(), item.Name));
        Assert.All(encoder.All(), module => Assert.False(module.training));
    }

    [Theory]
    [InlineData("vit", "Transformer/encoderblock_1/MlpBlock_3/Dense_0/bias", "'Transformer/encoderblock_1/MlpBlock_0/Dense_0/bias' [20] is missing")]
    [InlineData("vit", "Transformer/encoder_norm/scale", "'Transformer/encoder_norm/scale' [12] is missing")]
    [InlineData("vit", "Transformer/posembed_input/pos_embedding", "'Transformer/posembed_input/pos_embedding' is missing")]
    [InlineData("vit", "embedding/kernel", "no vision transformer")]
    [InlineData("mixer", "MixerBlock_2/token_mixing/Dense_1/kernel", "'MixerBlock_2/token_mixing/Dense_1/kernel' [6, 16] is missing")]
    [InlineData("hybrid-stages", "block1/unit2/gn3/bias", "'block1/unit2/gn3/bias' [128] is missing")]
    public void A_missing_tensor_is_named(string name, string without, string expected) => AssertRefused(Changed(name, without, null), expected);

    [Theory]
    [InlineData("vit", "Transformer/encoderblock_2/MlpBlock_3/Dense_1/kernel", 20L, 13L, "expected [20, 12]")]
    [InlineData("vit", "Transformer/posembed_input/pos_embedding", 16L, 12L, "expected 3 dimensions")]
    [InlineData("mixer", "MixerBlock_0/token_mixing/Dense_0/kernel", 15L, 6L, "takes 15 tokens; the patches of a square image are a square number")]
    [InlineData("mixer", "MixerBlock_0/token_mixing/Dense_0/kernel", 0L, 6L, "none of them empty")]
    [InlineData("mixer", "head/bias", 1L, 5L, "'head/bias' as [1, 5], expected [5]")]
    public void A_misshapen_tensor_is_named_with_both_shapes(string name, string changed, long rows, long columns, string expected) =>
        AssertRefused(Changed(name, changed, array => new ArrayEntry(array.Name, [rows, columns], new float[rows * columns])), $"'{changed}'", expected);

    [Fact]
    public void A_file_that_lacks_a_whole_block_is_not_taken_for_a_smaller_network()
    {
        string path = Write(array => array.Name.StartsWith("Transformer/encoderblock_1/", StringComparison.Ordinal) ? null : Copy(array), "vit");
        AssertRefused(path, "no 'Transformer/encoderblock_1'");
    }

    [Fact]
    public void Weights_of_another_type_are_refused_by_name()
    {
        string path = Changed("mixer", "MixerBlock_1/LayerNorm_0/scale", array => new ArrayEntry(array.Name, array.Shape, new long[12]));
        using var scope = NewDisposeScope();
        using Checkpoint checkpoint = Checkpoint.Open(path);
        string message = Assert.Throws<InvalidDataException>(() => checkpoint.Load()).Message;
        Assert.Contains("'MixerBlock_1/LayerNorm_0/scale' holds Int64", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_two_schemes_in_one_file_are_refused()
    {
        using ArrayFile file = ArrayFile.Open(GoldenCheckpoint.PathOf("mixer"));
        string path = Path.Combine(_folder.FullName, "twice.npz");
        NpzFile.Write(path, [.. file.Select(Copy), Copy(file["head/bias"]) with { Name = "params/head/bias" }]);
        AssertRefused(path, "'params/head/bias' and 'head/bias' are both");
    }

    [Fact]
    public void Numbers_of_heads_that_contradict_the_file_are_refused() =>
        Assert.Contains("has 2 attention heads, and 3 were asked for", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(GoldenCheckpoint.PathOf("vit"), new CheckpointOptions { Heads = 3 })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_checkpoint_cut_off_anywhere_is_refused_with_its_name()
    {
        foreach (string name in GoldenCheckpoint.Names)
        {
            byte[] whole = File.ReadAllBytes(GoldenCheckpoint.PathOf(name));
            for (int tenth = 0; tenth < 10; tenth++)
            {
                string path = Path.Combine(_folder.FullName, $"cut-{tenth}-{Path.GetFileName(GoldenCheckpoint.PathOf(name))}");
                File.WriteAllBytes(path, whole[..(whole.Length * tenth / 10)]);
                Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => Load(path)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_checkpoint_with_any_byte_changed_is_loaded_or_refused_and_nothing_else()
    {
        var random = new Random(5);
        int refused = 0;
        foreach (string name in GoldenCheckpoint.Names.Where(name => name is not "hybrid-stages"))
        {
            byte[] whole = File.ReadAllBytes(GoldenCheckpoint.PathOf(name));
            string path = Path.Combine(_folder.FullName, $"changed-{Path.GetFileName(GoldenCheckpoint.PathOf(name))}");
            for (int i = 0; i < 30; i++)
            {
                byte[] changed = [.. whole];
                for (int k = 0; k < 3; k++) changed[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(path, changed);
                try
                {
                    Load(path, GoldenCheckpoint.OptionsOf(name));
                }
                catch (InvalidDataException exception)
                {
                    refused++;
                    Assert.Contains(path, exception.Message, StringComparison.Ordinal);
                }
            }
        }

        Assert.InRange(refused, 100, 400);
    }

    private static void Load(string path, CheckpointOptions? options = null)
    {
        using var scope = NewDisposeScope();
        using Checkpoint checkpoint = Checkpoint.Open(path, options);
        checkpoint.Load();
    }

    private static void AssertForm(string name, EncoderForm expected, int imageSize, int stride)
    {
        using Checkpoint checkpoint = GoldenCheckpoint.Open(name);
        // Records compare lists by reference.
        Assert.Equal(expected.StemUnits, checkpoint.Form.StemUnits);
        Assert.Equal(expected, checkpoint.Form with { StemUnits = expected.StemUnits });
        Assert.Equal((imageSize, stride), (checkpoint.Form.ImageSize, checkpoint.Form.Stride));
    }

    private static void AssertRefused(string path, params string[] expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => Checkpoint.Open(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.All(expected, text => Assert.Contains(text, message, StringComparison.Ordinal));
    }

    private string Changed(string name, string tensor, Func<StoredArray, ArrayEntry?>? change) => Write(array => array.Name == tensor ? change?.Invoke(array) : Copy(array), name);

    private string Write(Func<StoredArray, ArrayEntry?> change, string name)
    {
        using ArrayFile file = ArrayFile.Open(GoldenCheckpoint.PathOf(name));
        string path = Path.Combine(_folder.FullName, $"{name}.npz");
        NpzFile.Write(path, [.. file.Select(change).OfType<ArrayEntry>()]);
        return path;
    }

    private string Write(Func<StoredArray, ArrayEntry?> change, string name, (string Name, long[] Shape) other) =>
        Write(array => array.Name == other.Name ? new ArrayEntry(array.Name, other.Shape, new float[other.Shape.Aggregate((product, size) => product * size)]) : change(array), name);

    private string WithMore(string name, ArrayEntry more)
    {
        using ArrayFile file = ArrayFile.Open(GoldenCheckpoint.PathOf(name));
        string path = Path.Combine(_folder.FullName, $"{name}.npz");
        NpzFile.Write(path, [.. file.Select(Copy), more]);
        return path;
    }

    private static ArrayEntry Copy(StoredArray array) => new(array.Name, array.Type, array.Shape, array.ToArray());
}
