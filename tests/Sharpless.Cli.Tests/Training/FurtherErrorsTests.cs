using System.Text.Json;
using Sharpless.Data;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Training;

/// <summary>Errors beside those of the training and the test set: of the validation examples, and of true and wrong labels.</summary>
public sealed class FurtherErrorsTests : IDisposable
{
    private readonly TinyTraining _tiny = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _tiny.Dispose();
    }

    [Fact]
    public void The_validation_error_is_that_of_the_examples_set_aside()
    {
        string file = _tiny.WriteData("large", 20_000);
        JsonElement final = Final("--dataset", $"npz:{file}", "--epochs", "1", "--batch-size", "1000", "--eval-iter-freq", "1000", "--lr-max", "0", "--swa");
        ImageData data = DataSets.Load($"npz:{file}", "");
        int[] validation = DataSplit.Create(data, 0).Validation.ToArray();
        Assert.Equal(20, validation.Length);
        double expected = TestErrorOn(file, validation, Array.ConvertAll(validation, example => data.Train.Labels[example]));
        Assert.InRange(expected, 0.01, 0.99);
        Assert.Equal(expected, final.GetProperty("val_error").GetDouble());
        Assert.InRange(final.GetProperty("val_error_swa").GetDouble(), 0, 1);
    }

    [Fact]
    public void More_examples_can_be_set_aside()
    {
        JsonElement final = Final("--frac-val", "0.25", "--lr-max", "0");
        ImageData data = DataSets.Load($"npz:{_tiny.Data}", "");
        int[] validation = DataSplit.Create(data, 0, new SplitOptions { ValidationShare = 0.25 }).Validation.ToArray();
        Assert.Equal(24, validation.Length);
        Assert.Equal(TestErrorOn(_tiny.Data, validation, Array.ConvertAll(validation, example => data.Train.Labels[example])), final.GetProperty("val_error").GetDouble());
        TrainingProgram.Run(_tiny.Short("none", "--frac-val", "1")).AssertFailed(2, "--frac-val", "");
    }

    [Fact]
    public void Under_label_noise_true_and_wrong_labels_have_errors_of_their_own()
    {
        JsonElement final = Final("--p-label-noise", "0.5", "--lr-max", "0.01");
        ImageData data = DataSets.Load($"npz:{_tiny.Data}", "");
        (ImageSet noisy, bool[] isNoisy) = new LabelNoise(0.5, LabelNoiseKind.Symmetric).Apply(data.Name, data.Train, 0);
        int[] wrong = [.. Enumerable.Range(0, 96).Where(example => isNoisy[example])], right = [.. Enumerable.Range(0, 96).Except(wrong)];
        double ofWrong = TestErrorOn(_tiny.Data, wrong, Array.ConvertAll(wrong, example => noisy.Labels[example]));
        double ofRight = TestErrorOn(_tiny.Data, right, Array.ConvertAll(right, example => data.Train.Labels[example]));
        Assert.True(ofWrong > ofRight, $"{ofWrong} of the wrong labels is not learned, {ofRight} of the right ones.");
        Assert.Equal(ofWrong, final.GetProperty("train_error_ln").GetDouble());
        Assert.Equal(ofRight, final.GetProperty("train_error_clean").GetDouble());
        // Half of the examples each.
        Assert.Equal((ofWrong + ofRight) / 2, final.GetProperty("train_error").GetDouble(), 1e-12);
    }

    [Fact]
    public void They_are_absent_where_there_is_nothing_to_measure()
    {
        JsonElement final = Final("--epochs", "1");
        foreach (string column in new[] { "val_error", "train_error_clean", "train_error_ln", "train_reg" }) Assert.False(final.TryGetProperty(column, out _), column);
    }

    [Fact]
    public void The_penalty_is_what_it_adds_to_the_objective()
    {
        string[] still = ["--precision", "fp32", "--epochs", "1", "--batch-size", "96", "--batch-order", "sequential", "--lr-max", "0", "--sam-rho", "0"];
        JsonElement plain = TrainingProgram.Run(_tiny.Short("plain", [.. still, "--json"])).AssertDone().Json.GetProperty("final");
        JsonElement penalized = TrainingProgram.Run(_tiny.Short("penalized", [.. still, "--act-reg", "0.5", "--act-reg-block", "1", "--json"])).AssertDone().Json.GetProperty("final");
        double penalty = penalized.GetProperty("train_reg").GetDouble();
        Assert.True(penalty > 0.01, $"{penalty}");
        Assert.Equal(penalized.GetProperty("train_objective").GetDouble() - plain.GetProperty("train_objective").GetDouble(), penalty, 1e-6);
    }

    private JsonElement Final(params string[] options) => TrainingProgram.Run(_tiny.Short("run", [.. options, "--precision", "fp32", "--json"])).AssertDone().Json.GetProperty("final");

    // The same weights, with these examples in the place of the test set.
    private double TestErrorOn(string data, int[] examples, int[] labels)
    {
        string path = _tiny["chosen.npz"];
        using (ArrayFile file = ArrayFile.Open(data))
        {
            Tensor images = file["x_train"].ToTensor(), chosen = images.index_select(0, Tensor.From(Array.ConvertAll(examples, example => (long)example)));
            Tensor trainLabels = file["y_train"].ToTensor(), testLabels = Tensor.From(Array.ConvertAll(labels, label => (long)label));
            NpzFile.Write(path, [TensorFiles.Entry("x_train", images), TensorFiles.Entry("y_train", trainLabels), TensorFiles.Entry("x_test", chosen), TensorFiles.Entry("y_test", testLabels)]);
        }

        string run = $"chosen{Directory.GetDirectories(_tiny.Folder).Length}";
        return TrainingProgram.Run(_tiny.Short(
            run, "--dataset", $"npz:{path}", "--init", _tiny["run/weights.safetensors"], "--epochs", "0", "--skip-first-look", "--precision", "fp32", "--json"))
            .AssertDone().Json.GetProperty("final").GetProperty("test_error").GetDouble();
    }
}
