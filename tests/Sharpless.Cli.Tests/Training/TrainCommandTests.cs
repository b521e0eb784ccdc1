using System.Text.Json;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Training;

public sealed class TrainCommandTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Json_has_the_promised_keys()
    {
        JsonElement result = TrainingProgram.Run(_tiny.Short("run", "--json", "--taps", "block1,block2")).AssertDone().Json;
        Assert.Equal((_tiny["run"], 4), (result.GetProperty("run").GetString(), result.GetProperty("epochs").GetInt32()));
        Assert.True(result.GetProperty("seconds").GetDouble() > 0);
        Assert.True(result.GetProperty("steps_per_second").GetDouble() > 0);
        JsonElement final = result.GetProperty("final");
        foreach (string name in new[] { "train_loss", "train_error", "test_loss", "test_error" }) Assert.True(double.IsFinite(final.GetProperty(name).GetDouble()), name);
        foreach (string name in new[] { "knn_error", "feature_rank" })
        {
            Assert.Equal(["block1", "block2"], final.GetProperty(name).EnumerateObject().Select(tap => tap.Name));
        }
    }

    [Fact]
    public void A_dry_run_needs_no_data_and_both_spellings_give_one_configuration()
    {
        string[] kebab = ["train", "--dataset", "cifar10", "--sam-rho", "0.05", "--l2-reg=0.0005", "--n-eval-every-k-iter", "100", "--compute-feature-rank", "--dry-run", "--json", "--data-dir", _tiny["none"]];
        string[] snake = ["train", "--dataset=cifar10", "--sam_rho=0.05", "--l2_reg=0.0005", "--n_eval_every_k_iter=100", "--compute_feature_rank", "--dry_run", "--json", "--data_dir", _tiny["none"]];
        JsonElement resolved = TrainingProgram.Run(kebab).AssertDone().Json;
        Assert.Equal(resolved.ToString(), TrainingProgram.Run(snake).AssertDone().Json.ToString());

        Assert.Equal("train", resolved.GetProperty("command").GetString());
        JsonElement options = resolved.GetProperty("options");
        Assert.Equal(("cifar10", 0.05, 0.0005), (options.GetProperty("dataset").GetString(), options.GetProperty("sam-rho").GetDouble(), options.GetProperty("l2-reg").GetDouble()));
        Assert.Equal((64, 128, 0.9), (options.GetProperty("model-width").GetInt32(), options.GetProperty("batch-size").GetInt32(), options.GetProperty("momentum").GetDouble()));
        Assert.True(options.GetProperty("compute-feature-rank").GetBoolean());
        Assert.Contains("--sam-rho 0.05\n", TrainingProgram.Run([.. kebab.Where(argument => argument != "--json")]).AssertDone().Output, StringComparison.Ordinal);
    }

    [Theory, InlineData("resnet18", 64), InlineData("wrn28", 10), InlineData("vit_exp", 256)]
    public void Without_a_width_every_network_takes_its_own(string model, int width)
    {
        foreach (string[] options in new string[][] { [], ["--model_width=-1"] })
        {
            JsonElement resolved = TrainingProgram.Run(["train", "--model", model, .. options, "--dry-run", "--json"]).AssertDone().Json.GetProperty("options");
            Assert.Equal((model, width, "relu"), (resolved.GetProperty("model").GetString(), resolved.GetProperty("model-width").GetInt32(), resolved.GetProperty("activation").GetString()));
        }
    }

    [Theory]
    [InlineData("--sam-roh", "0.1", "Unknown option '--sam-roh' of train.", "--sam-rho")]
    [InlineData("--dataset", "npz:/absent.npz", "There is no file /absent.npz.", "npz:")]
    public void Errors_are_one_json_document_where_json_is_asked_for(string option, string value, string error, string hint)
    {
        TrainingProgram.Result result = TrainingProgram.Run("train", option, value, "--json", "--out", _tiny["run"]);
        Assert.Equal((2, ""), (result.ExitCode, result.Errors));
        Assert.Equal(error, result.Json.GetProperty("error").GetString());
        Assert.Contains(hint, result.Json.GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("classifier")]
    [InlineData("resnet18")]
    public void Parameters_that_are_not_trained_come_back_as_they_were_given(string model)
    {
        string[] options = ["--model", model, "--model-width", "4", "--epochs", "1"];
        TrainingProgram.Run(_tiny.Short("trained", options)).AssertDone();
        string given = _tiny["trained/weights.safetensors"];
        foreach (string seed in new[] { "0", "5" })
        {
            TrainingProgram.Run(_tiny.Short($"back{seed}", ["--model", model, "--model-width", "4", "--epochs", "0", "--init", given, "--seed", seed])).AssertDone();
            Assert.Equal(Parameters(given), Parameters(_tiny[$"back{seed}/weights.safetensors"]));
        }
    }

    [Fact]
    public void In_sequential_order_from_given_weights_the_seed_changes_nothing()
    {
        TrainingProgram.Run(_tiny.Short("first", "--epochs", "0")).AssertDone();
        string[] Options(string seed, string order) => ["--epochs", "1", "--init", _tiny["first/weights.safetensors"], "--batch-order", order, "--seed", seed, "--precision", "fp32"];
        string[] Weights(string seed, string order)
        {
            TrainingProgram.Run(_tiny.Short(order + seed, Options(seed, order))).AssertDone();
            return Tensors(_tiny[$"{order}{seed}/weights.safetensors"]);
        }

        Assert.Equal(Weights("1", "sequential"), Weights("2", "sequential"));
        Assert.NotEqual(Weights("1", "random"), Weights("2", "random"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_diverges_ends_with_1_and_keeps_its_last_checkpoint(bool analyzes)
    {
        string[] options = ["--lr-max", "1e30", "--lr-schedule", "constant", "--precision", "fp32"], command = analyzes ? _tiny.Short("run", options) : _tiny.Quick("run", options);
        TrainingProgram.Run(command).AssertFailed(1, "not finite", "--lr-max");
        Assert.False(File.Exists(_tiny["run/result.json"]));
        Assert.False(File.Exists(_tiny["run/weights.safetensors"]));
        using ArrayFile checkpoint = ArrayFile.Open(_tiny["run/checkpoint/state.safetensors"]);
        foreach (StoredArray array in checkpoint.Where(array => array.Name.StartsWith("master", StringComparison.Ordinal)))
        {
            float[] values = new float[array.Count];
            array.ReadRows(0, array.Rows, values);
            Assert.All(values, value => Assert.True(float.IsFinite(value), $"{array.Name} holds {value}"));
        }
    }

    // Batch norm moves its running statistics when iteration 0 looks at a batch, as in the published program.
    private static IEnumerable<string> Parameters(string path) => Tensors(path).Where(tensor => !tensor.Contains(".running_", StringComparison.Ordinal));

    // Name, type, shape and the very bytes of each tensor.
    private static string[] Tensors(string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        return [.. file.Select(array => $"{array.Name} {array.Type} [{string.Join(',', array.Shape)}] {Convert.ToBase64String(array.ToArray())}")];
    }
}
