using Sharpless.Contrastive;
using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Contrastive;

/// <summary>Whole trainings against tests/golden/contrastive/run.py: real pictures and captions through both encoders, six steps, and the evaluations after them.</summary>
public class ContrastiveTrainerTests
{
    private static readonly string Run = Path.GetDirectoryName(GoldenFiles.PathOf("contrastive", "run", "init.safetensors"))!;

    private static readonly ContrastiveOptions Base = new()
    {
        Data = Run, ImageModel = GoldenFiles.PathOf("pretrained", "hybrid-root.npz"), TextModel = Golden.Bert, InitialWeights = Path.Combine(Run, "init.safetensors"),
        BatchOrder = BatchOrder.Sequential, Caption = CaptionChoice.First, BatchSize = 4, Epochs = 3, LearningRate = 1e-3, TextLength = 16, Projection = 8, EvaluationPeriod = 1,
        EvaluationBatches = 1,
    };

    private static readonly Dictionary<string, ContrastiveOptions> Cases = new()
    {
        ["adam"] = Base,
        ["sam"] = Base with { Rho = 0.1 },
        ["squared_norm"] = Base with { GradientPenalty = 0.02 },
        ["norm"] = Base with { GradientPenalty = 0.05, SquaresGradientNorm = false },
        ["published"] = Base with { Rho = 0.05, AsPublished = Enum.GetValues<PublishedQuirk>() },
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Six_steps_are_those_of_pytorch(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("run.npz");
        using var folder = new TemporaryFolder();
        ContrastiveResult result = ContrastiveTrainer.Run(Cases[name], new TrainPlace { Folder = folder.File("run") });
        Assert.Equal(6, result.Steps);

        double[] objectives = [.. RunRecord.Load(folder.File("run")).Evaluations.Select(row => row["train_objective"]!.Value)];
        double[] expected = golden[$"{name}/objective"].ToArray<double>();
        // Float32 against float64 over six steps of Adam, which divides small gradients by small roots.
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], objectives[i], tolerance: 2e-3 * Math.Abs(expected[i]));

        using ArrayFile weights = ArrayFile.Open(folder.File("run/weights.safetensors")), initial = ArrayFile.Open(Path.Combine(Run, "init.safetensors"));
        foreach (StoredArray array in weights)
        {
            // The gradient of a key's bias is 0 but for rounding, whose sign Adam follows.
            if (array.Name.EndsWith("key.bias", StringComparison.Ordinal) || array.Name.EndsWith("key/bias", StringComparison.Ordinal)) continue;
            double[] theirs = golden[$"{name}/{array.Name}"].ToArray<double>();
            double[] ours = Thin(array.ToTensor(), theirs.Length), before = Thin(initial[array.Name].ToTensor(), theirs.Length);
            double moved = Length(theirs.Zip(before, (a, b) => a - b)), apart = Length(theirs.Zip(ours, (a, b) => a - b));
            Assert.True(apart <= (0.05 * moved) + 1e-7, $"{name}, {array.Name}: moved by {moved} in PyTorch, and is {apart} away from there.");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void The_evaluation_after_them_is_that_of_numpy(string name)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("run.npz");
        using var folder = new TemporaryFolder();
        IReadOnlyDictionary<string, double> final = ContrastiveTrainer.Run(Cases[name] with { EvaluationPeriod = 100 }, new TrainPlace { Folder = folder.File("run") }).Final;
        Assert.Equal(golden[$"{name}/test.loss"].Item(), final["test_loss"], tolerance: 5e-3);
        Assert.Equal(golden[$"{name}/test.textwise"].Item(), final["textwise_acc"]);
        Assert.Equal(golden[$"{name}/test.imagewise"].Item(), final["imagewise_acc"]);
        foreach (string side in new[] { "image_rank", "text_rank" })
        {
            Assert.Equal(golden[$"{name}/test.{side}"].ToArray<double>(), new[] { "0.99", "0.95", "0.9", "0.85" }.Select(share => final[$"{side}.{share}"]));
        }

        foreach (string side in new[] { "image_to_text", "text_to_image" })
        {
            Assert.Equal(golden[$"{name}/test.{side}"].ToArray<double>(), Recall.Ks.Select(k => final[$"{side}.r{k}"]));
            Assert.Equal(new[] { 1.0 / 6, 5.0 / 6, 1 }.Select(share => Math.Round(share, 12)), Recall.Ks.Select(k => Math.Round(final[$"{side}.chance{k}"], 12)));
        }
    }

    [Fact]
    public void Bfloat16_stays_near()
    {
        if (!Runtime.CpuHasBFloat16) return;
        using var scope = NewDisposeScope();
        using var golden = new Golden("run.npz");
        using var folder = new TemporaryFolder();
        ContrastiveTrainer.Run(Cases["sam"] with { Precision = Precision.BFloat16, Rho = 0 }, new TrainPlace { Folder = folder.File("run") });
        double first = RunRecord.Load(folder.File("run")).Evaluations[0]["train_objective"]!.Value;
        // Bfloat16 keeps 8 bits; similarities are divided by 0.05.
        Assert.Equal(golden["adam/objective"].ToArray<double>()[0], first, tolerance: 0.2);
    }

    [Fact]
    public void A_run_opens_again_to_the_same_embeddings_without_the_models_it_started_from()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        ContrastiveOptions options = Base with { ImageModel = ContrastiveOptions.Random, TextModel = ContrastiveOptions.Random, ImageForm = EncoderForms.Tiny, TextForm = EncoderForms.Tiny, InitialWeights = "", ImageSize = 32, Epochs = 1, Bottleneck = 3 };
        IReadOnlyDictionary<string, double> final = ContrastiveTrainer.Run(options, new TrainPlace { Folder = folder.File("run") }).Final;
        using var run = ContrastiveRun.Open(folder.File("run"), precision: null, CPU);
        CaptionReader reader = run.Read(null, "test", null);
        (Tensor images, Tensor texts, IReadOnlyList<string> captions) = run.Embedder.EmbedAll(reader, 4);
        Retrieval found = Retrieval.Of(images, texts, captions);
        Assert.Equal(final["image_to_text.r1"], found.ImageToText.At[1]);
        Assert.Equal(final["test_loss"], ContrastiveLoss.Of(images.narrow(0, 0, 4), texts.narrow(0, 0, 4), 0.05).Item(), tolerance: 1e-5);
    }

    [Fact]
    public void What_is_passed_over_in_both_encoders_stands_in_the_result_also_when_it_is_read_again()
    {
        using var folder = new TemporaryFolder();
        var place = new TrainPlace { Folder = folder.File("run"), Resumes = true };
        string[] expected = ["image.head/bias", "image.head/kernel", "text.bert.pooler.dense.bias", "text.bert.pooler.dense.weight"];
        for (int i = 0; i < 2; i++) Assert.Equal(expected, ContrastiveTrainer.Run(Base with { Epochs = 0 }, place).PassedOver.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Given_weights_are_taken_under_a_prefix_and_named_rightly_where_they_do_not_fit()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        IReadOnlyDictionary<string, Tensor> whole = WeightFile.Read(Base.InitialWeights);
        Tensor head = whole["text_head.weight"];
        Assert.Equal(Final("plain", whole), Final("wrapped", whole.ToDictionary(item => $"module.{item.Key}", item => item.Value)));
        Refused($"'module.text_head.weight' [8, {head.size(1)}] is missing.", whole.Where(item => item.Key != "text_head.weight").ToDictionary(item => $"module.{item.Key}", item => item.Value));
        Refused($"'text_head.weight' is [7, {head.size(1)}], expected [8, {head.size(1)}].", new Dictionary<string, Tensor>(whole) { ["text_head.weight"] = head.narrow(0, 0, 7) });
        Refused("'text_heads.weight' belongs to no layer of this model (the nearest name is 'text_head.weight').", new Dictionary<string, Tensor>(whole) { ["text_heads.weight"] = head });

        double Final(string run, IReadOnlyDictionary<string, Tensor> weights) =>
            ContrastiveTrainer.Run(With(weights), new TrainPlace { Folder = folder.File(run) }).Final["test_loss"];

        void Refused(string expected, IReadOnlyDictionary<string, Tensor> weights)
        {
            string message = Assert.Throws<InvalidDataException>(() => ContrastiveTrainer.Run(With(weights), new TrainPlace { Folder = folder.File("refused") })).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.Contains("given.safetensors", message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder.File("refused")));
        }

        ContrastiveOptions With(IReadOnlyDictionary<string, Tensor> weights)
        {
            WeightFile.Write(folder.File("given.safetensors"), weights, new Dictionary<string, string>());
            return Base with { Epochs = 0, InitialWeights = folder.File("given.safetensors") };
        }
    }

    [Fact]
    public void Heads_depend_on_the_seed_alone()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        ContrastiveOptions none = Base with { InitialWeights = "", Epochs = 0, Seed = 5 };
        Tensor Head(string run, ContrastiveOptions options)
        {
            ContrastiveTrainer.Run(options, new TrainPlace { Folder = folder.File(run) });
            using ArrayFile weights = ArrayFile.Open(folder.File($"{run}/weights.safetensors"));
            return weights["text_head.weight"].ToTensor();
        }

        float[] head = Head("one", none).ToArray<float>();
        Assert.Equal(head, Head("other pixels", none with { PixelRange = PixelRange.Unit, BatchSize = 5 }).ToArray<float>());
        Assert.NotEqual(head, Head("other seed", none with { Seed = 6 }).ToArray<float>());
    }

    [Theory]
    [InlineData("--bs", 7, "the split test has only 6")]
    [InlineData("--text-length", 17, "16 positions")]
    public void What_does_not_fit_the_data_is_refused_before_the_folder_is_taken(string option, int value, string expected)
    {
        using var folder = new TemporaryFolder();
        ContrastiveOptions options = option == "--bs" ? Base with { BatchSize = value } : Base with { TextLength = value };
        var error = Assert.Throws<UsageException>(() => ContrastiveTrainer.Run(options, new TrainPlace { Folder = folder.File("run") }));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Theory]
    [InlineData("no-such-captions", null, null, "--data")]
    [InlineData(null, "no-such.npz", null, "--image-model random")]
    [InlineData(null, null, "no-such-bert", "--text-model random")]
    public void What_is_not_there_is_told_with_where_to_put_it(string? data, string? image, string? text, string hint)
    {
        using var folder = new TemporaryFolder();
        ContrastiveOptions options = Base with { Data = data ?? Base.Data, ImageModel = image ?? Base.ImageModel, TextModel = text ?? Base.TextModel };
        var error = Assert.Throws<UsageException>(() => ContrastiveTrainer.Run(options, new TrainPlace { Folder = folder.File("run"), DataFolder = folder.Path }));
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
        Assert.Contains(folder.Path, error.Hint, StringComparison.Ordinal);
    }

    private static double[] Thin(Tensor tensor, int count)
    {
        double[] all = tensor.To(ScalarType.Float64).ToArray<double>();
        int step = (all.Length + 63) / 64;
        double[] thin = [.. all.Where((_, i) => i % step == 0)];
        Assert.Equal(count, thin.Length);
        return thin;
    }

    private static double Length(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
}
