using System.Formats.Tar;
using System.Text.Json;
using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Tests.Data.Sources;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

/// <summary>Nearest neighbours of another data set: other classes, images of another size.</summary>
public sealed class NeighbourDataTests : IDisposable
{
    private readonly TinyData _tiny = new();

    public void Dispose() => _tiny.Dispose();

    // tests/golden/transfer/make.py: labels up to 99 for a network of ten classes, images of 24x24 for one made for 32x32.
    [Fact]
    public void Errors_on_another_data_set_are_those_of_pytorch_and_numpy()
    {
        using var scope = NewDisposeScope();
        using ArrayFile golden = ArrayFile.Open(GoldenFiles.PathOf("parity", "resnet.npz"));
        using ArrayFile expected = ArrayFile.Open(GoldenFiles.PathOf("transfer", "transfer.npz"));
        string trained = WriteSet("trained", 3, 32, 12, classes: 10);
        TrainOptions options = new()
        {
            DataSet = trained, Model = "resnet18", ModelWidth = 4, BatchSize = 4, AnalyzesFeatures = true, AnalysisCount = 80, TestCount = 60,
            Taps = ["block1", "block2", "block3", "block4"], NeighbourDataSet = "npz:" + GoldenFiles.PathOf("transfer", "transfer.npz"),
        };
        TrainingData data = TrainingData.Load(options, "");
        Classifier model = InitialModel.Create(options, data.Images).Model;
        ModuleState.Load(model, golden.Where(array => array.Name.StartsWith("init/", StringComparison.Ordinal)).ToDictionary(array => array.Name[5..], array => array.ToTensor()));

        IReadOnlyDictionary<string, double> values = Evaluate(options, data, model);
        double[] knn = Numbers(expected, "knn_error"), centroid = Numbers(expected, "centroid_error");
        foreach ((int i, string tap) in options.Taps.Index())
        {
            Assert.Equal(knn[i], values[$"knn_error.{tap}"], 1e-12);
            Assert.Equal(centroid[i], values[$"centroid_error.{tap}"], 1e-12);
        }
    }

    [Theory]
    [InlineData("resnet18", 16)]
    [InlineData("resnet18_gn", 16)]
    [InlineData("wrn28", 16)]
    [InlineData("resnet34", 16)]
    [InlineData("densenet40", 16)]
    [InlineData("vgg16", 16)]
    [InlineData("classifier", 16)]
    [InlineData("lenet", 16)]
    [InlineData("cnn", 16)]
    public void Every_convolutional_network_reads_images_of_another_size_at_its_first_block(string name, int side)
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn(name, side);
        using IDisposable off = no_grad();
        model.train(false);
        Assert.Equal(2, model.Activations(zeros([2, 3, 2 * side, 2 * side]), ["block1"])["block1"].size(0));
    }

    public static TheoryData<string> Models() => [.. ModelCatalog.Names];

    [Theory, MemberData(nameof(Models))]
    public void A_pass_ends_at_the_last_tap_with_the_activations_of_a_whole_pass(string name)
    {
        using var scope = NewDisposeScope();
        Classifier model = Drawn(name, 16);
        using IDisposable off = no_grad();
        using var generator = Generator.Seeded(1);
        model.train(false);
        Tensor images = Tensor.Empty([2, 3, 16, 16]);
        images.normal_(0, 1, generator);
        string[] taps = [.. model.Taps, .. model.ReluTaps];
        var whole = new TapRecorder(taps);
        _ = model.forward(images, whole);
        foreach (string tap in taps)
        {
            var ending = new TapRecorder([tap]) { EndsPass = true };
            Tensor end = model.forward(images, ending);
            Assert.True(ReferenceEquals(end, ending.Activations[tap]), $"{name} goes on after {tap}");
            Assert.Equal(whole.Activations[tap].flatten().ToArray<float>(), end.flatten().ToArray<float>());
        }

        string[] twice = [model.Taps[^1], model.Taps[0], model.Taps[^1]];
        Assert.Equal(twice.Distinct().Order(), model.Activations(images, twice).Keys.Order());
    }

    [Fact]
    public void A_pass_over_neighbours_computes_no_loss()
    {
        // The head is for three classes; label 99 has no logit.
        string other = WriteSet("other", 1, 12, 24, classes: 100);
        TrainOptions options = _tiny.Options with { AnalyzesFeatures = true, NeighbourDataSet = other, Taps = ["block1"], CountsActiveUnits = true, MeasuresDensity = true };
        IReadOnlyDictionary<string, double> values = Evaluate(options);
        Assert.InRange(values["knn_error.block1"], 0, 1);
        Assert.True(values.ContainsKey("density.block1") && values.ContainsKey("active_units_5p.block1"));
        // What is measured on the training set does not depend on the neighbours.
        IReadOnlyDictionary<string, double> own = Evaluate(options with { NeighbourDataSet = "same" });
        foreach ((string column, double value) in own)
            if (!column.Contains("knn", StringComparison.Ordinal) && !column.Contains("centroid", StringComparison.Ordinal)) Assert.Equal(value, values[column]);
    }

    [Fact]
    public void Neighbours_of_another_set_keep_their_labels_where_training_labels_are_noisy()
    {
        string other = WriteSet("other", 1, 8, 24, classes: 5);
        TrainOptions options = _tiny.Options with { AnalyzesFeatures = true, NeighbourDataSet = other, Taps = ["block1"] };
        IReadOnlyDictionary<string, double> clean = Evaluate(options), noisy = Evaluate(options with { LabelNoiseShare = 0.5 });
        Assert.NotEqual(clean["train_loss"], noisy["train_loss"]);
        Assert.Equal(clean["knn_error.block1"], noisy["knn_error.block1"]);
    }

    [Fact]
    public void Images_with_other_channels_are_refused_before_training() =>
        Refused(_tiny.Options with { AnalyzesFeatures = true, NeighbourDataSet = WriteSet("colour", 3, 8, 12, 2) }, "have 3 channels, those that the network is trained on have 1", "--knn-dataset same");

    [Fact]
    public void A_tap_that_the_images_do_not_reach_is_refused_by_name_with_those_that_they_reach() =>
        Refused(
            _tiny.Options with { Model = "lenet", DataSet = WriteSet("trained", 1, 16, 12, 3), AnalyzesFeatures = true, NeighbourDataSet = WriteSet("large", 1, 20, 12, 2) },
            "(1x20x20) do not pass through this network, which is made for 1x16x16, to the tap block3", "These images reach block1, block2");

    [Fact]
    public void Fewer_neighbours_than_vote_are_refused_before_training() =>
        Refused(_tiny.Options with { AnalyzesFeatures = true, NeighbourDataSet = WriteSet("few", 1, 8, 9, 2) }, "10 neighbours vote, but of npz:", "--n-analysis");

    [Fact]
    public void The_set_that_is_trained_on_is_itself_by_its_name_too()
    {
        TrainOptions options = _tiny.Options with { AnalyzesFeatures = true };
        Assert.Equal(Evaluate(options), Evaluate(options with { NeighbourDataSet = options.DataSet }));
    }

    [Theory]
    [InlineData("cifar10", "cifar100")]
    [InlineData("cifar100", "cifar10")]
    [InlineData("tiny_imagenet", "cifar10")]
    [InlineData("tiny-imagenet", "cifar10")]
    [InlineData("svhn", "cifar10")]
    [InlineData("cifar10_dog_cat", "cifar10")]
    [InlineData("fashion_mnist", "same")]
    [InlineData("mnist", "same")]
    [InlineData("emoji10", "same")]
    [InlineData("npz:data.npz", "same")]
    [InlineData("folder:pictures", "same")]
    [InlineData("unknown", "same")]
    public void The_default_is_the_published_transfer_set_and_the_configuration_names_it(string trained, string expected)
    {
        TrainOptions options = new() { DataSet = trained };
        Assert.Equal(expected, options.NeighbourDataSet);
        Assert.Equal(expected, options.Resolved()["knn-dataset"].GetString());
        Assert.Equal("mnist", (options with { NeighbourDataSet = "mnist" }).Resolved()["knn-dataset"].GetString());
        // Runs of earlier versions say nothing where they looked in their own set.
        Assert.Equal("same", JsonSerializer.Deserialize<TrainOptions>($$"""{"dataset":"{{trained}}","knn-dataset":""}""", RunConfiguration.Json)!.NeighbourDataSet);
    }

    [Fact]
    public void Its_absence_is_reported_before_training_with_both_ways_out()
    {
        TinyCifar.WriteCifar10(_tiny["sets"]);
        TrainOptions options = new() { DataSet = "cifar10", Model = "resnet_tiny", ModelWidth = 2, Epochs = 1, BatchSize = 2, AnalyzesFeatures = true, AnalysisCount = 10 };
        var place = new TrainPlace { Folder = _tiny["run"], DataFolder = _tiny["sets"] };
        var error = Assert.Throws<UsageException>(() => Trainer.Run(options, place));
        Assert.Contains("data set cifar100", error.Message, StringComparison.Ordinal);
        Assert.Contains("sharpless data get cifar100", error.Hint, StringComparison.Ordinal);
        Assert.Contains("--knn-dataset same", error.Hint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place.Folder), "the folder was taken");

        TrainResult result = Trainer.Run(options with { NeighbourDataSet = "same" }, place);
        Assert.Equal("cifar10", result.NeighbourDataSet);
    }

    [Fact]
    public void A_run_names_its_transfer_set_and_its_network_measures_the_same_later()
    {
        TinyCifar.WriteCifar10(_tiny["sets"]);
        Write100(_tiny["sets"]);
        TrainOptions options = new() { DataSet = "cifar10", Model = "resnet_tiny", ModelWidth = 2, Epochs = 1, BatchSize = 2, AnalyzesFeatures = true, AnalysisCount = 10 };
        TrainResult result = Trainer.Run(options, new TrainPlace { Folder = _tiny["run"], DataFolder = _tiny["sets"] });
        Assert.Equal("cifar100", result.NeighbourDataSet);
        Assert.Equal("cifar100", TrainResult.Load(_tiny["run"]).NeighbourDataSet);
        RecordedConfiguration recorded = RecordedConfiguration.Load(Path.Combine(_tiny["run"], "config.json"));
        Assert.Equal(("cifar100", "cifar100", "10", "10"), (recorded.Options["knn-dataset"], recorded.Data["knn_dataset"], recorded.Data["knn_neighbours"], recorded.Data["knn_queries"]));

        using TrainedRun run = TrainedRun.Open(_tiny["run"], _tiny["sets"], null, CPU);
        (string name, IReadOnlyDictionary<string, Sharpless.Analysis.NeighbourErrors> errors) = run.NeighbourErrorsAt(["block3"], 10);
        Assert.Equal("cifar100", name);
        Assert.Equal(result.Final["knn_error.block3"], errors["block3"].KnnError);
        Assert.Equal(result.Final["centroid_error.block3"], errors["block3"].CentroidError);
        Assert.Equal("cifar10", run.NeighbourErrorsAt(["block3"], 3, "same").DataSet);
    }

    private static void Write100(string folder)
    {
        string path = Path.Combine(folder, "cifar100", "cifar-100-binary.tar.gz");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        int[] labels = [.. Enumerable.Range(0, 10).Select(i => 99 - (i % 4 * 30))];
        TarEntry[] members =
        [
            TinySet.Member("cifar-100-binary/train.bin", TinyCifar.Batch(1, labels, coarse: new int[10])), TinySet.Member("cifar-100-binary/test.bin", TinyCifar.Batch(2, labels, coarse: new int[10])),
        ];
        File.WriteAllBytes(path, TinySet.Tarball(members));
    }

    private void Refused(TrainOptions options, string message, string hint)
    {
        var error = Assert.Throws<UsageException>(() => Trainer.Run(options, new TrainPlace { Folder = _tiny["run"] }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.False(Directory.Exists(_tiny["run"]), "the folder was taken");
    }

    private IReadOnlyDictionary<string, double> Evaluate(TrainOptions options)
    {
        using var scope = NewDisposeScope();
        TrainingData data = TrainingData.Load(options, "");
        return Evaluate(options, data, InitialModel.Create(options, data.Images).Model);
    }

    private IReadOnlyDictionary<string, double> Evaluate(TrainOptions options, TrainingData data, Classifier model)
    {
        var place = new TrainPlace { Folder = Path.Combine(_tiny["runs"], Guid.NewGuid().ToString()) };
        using var evaluation = new TrainEvaluation(options, place, model, data, DataSplit.Create(data.Images, options.Seed, options.Split));
        using var weights = new WeightSpace(model, Precision.Float32);
        using RunFolder folder = RunFolder.Take(place.Folder, "train", options, resume: false);
        return evaluation.Run(0, 0.1, new TrainState(), weights, folder).Values;
    }

    private static Classifier Drawn(string name, int side)
    {
        int width = name.StartsWith("vit", StringComparison.Ordinal) ? 8 : 2;
        Classifier model = ModelCatalog.Create(name, new ModelShape(3, side, side, 10, width));
        using var generator = Generator.Seeded(0);
        model.Initialize(generator);
        return model;
    }

    // Noise, a brightness for each class; the last example has the last class.
    private string WriteSet(string name, int channels, int side, int count, int classes)
    {
        var random = new Random(3);
        NpzFile.Write(_tiny[$"{name}.npz"], [.. Part("train", count), .. Part("test", 10)]);
        return $"npz:{_tiny[$"{name}.npz"]}";

        IEnumerable<ArrayEntry> Part(string part, int examples)
        {
            long[] labels = [.. Enumerable.Range(0, examples).Select(i => i == examples - 1 ? classes - 1L : i % Math.Min(classes, 3))];
            int pixels = channels * side * side;
            byte[] images = [.. Enumerable.Range(0, examples * pixels).Select(i => (byte)((50 * (labels[i / pixels] % 4)) + random.Next(100)))];
            yield return new ArrayEntry($"x_{part}", ScalarType.Byte, [examples, channels, side, side], images);
            yield return new ArrayEntry($"y_{part}", [examples], labels);
        }
    }

    private static double[] Numbers(ArrayFile file, string name)
    {
        var values = new double[file[name].Count];
        file[name].ReadRows(0, file[name].Rows, values);
        return values;
    }
}
