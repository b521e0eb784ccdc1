using System.Text.Json;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Commands;

public sealed class SharpnessCommandTests(TinyRun run) : IClassFixture<TinyRun>
{
    // Weights of the classifier of width 16 on 8x8 images with three classes: 272 + 8,224 + 64 + 387.
    private const int Weights = 8947;

    [Fact]
    public void Json_has_the_promised_keys()
    {
        JsonElement result = Done("--rho", "0.05,0.2", "--group-size", "12", "--draws", "4", "--eigenvalues", "2", "--trace-draws", "3");
        Assert.Equal(("train", 48, 12), (result.GetProperty("split").GetString(), result.GetProperty("examples").GetInt32(), result.GetProperty("group_size").GetInt32()));
        Assert.Equal(("fp32", "l2", false), (result.GetProperty("precision").GetString(), result.GetProperty("norm").GetString(), result.GetProperty("adaptive").GetBoolean()));
        Assert.Equal(Weights, result.GetProperty("perturbed_weights").GetInt32());
        Assert.InRange(result.GetProperty("loss").GetDouble(), 0.1, 3);
        Assert.True(result.GetProperty("gradient_norm").GetDouble() > 0);

        JsonElement[] worst = [.. result.GetProperty("worst_case").EnumerateArray()], average = [.. result.GetProperty("average").EnumerateArray()];
        Assert.Equal([0.05, 0.2], worst.Select(item => item.GetProperty("rho").GetDouble()));
        Assert.Equal(new[] { 0.05, 0.2 }.Select(rho => rho / Math.Sqrt(Weights)), average.Select(item => item.GetProperty("sigma").GetDouble()));
        Assert.All(worst, item => Assert.Equal(4, item.GetProperty("groups").GetArrayLength()));
        foreach (JsonElement item in worst.Concat(average))
        {
            JsonElement increase = item.GetProperty("loss_increase");
            double mean = increase.GetProperty("mean").GetDouble(), low = increase.GetProperty("confidence")[0].GetDouble(), high = increase.GetProperty("confidence")[1].GetDouble();
            Assert.True(low < mean && mean < high, increase.ToString());
            Assert.Equal(4, increase.GetProperty("n").GetInt32());
        }

        // In the worst direction the loss rises more than in a random one of the same length, and more at the larger radius.
        Assert.True(Mean(worst[0]) > 3 * Math.Abs(Mean(average[0])));
        Assert.True(Mean(worst[1]) > 2 * Mean(worst[0]));

        JsonElement hessian = result.GetProperty("hessian");
        double[] eigenvalues = [.. hessian.GetProperty("eigenvalues").EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal(2, eigenvalues.Length);
        Assert.True(eigenvalues[0] >= eigenvalues[1] && eigenvalues[0] > 0);
        Assert.True(hessian.GetProperty("converged").GetBoolean());
        Assert.Equal(3, hessian.GetProperty("trace").GetProperty("n").GetInt32());
    }

    [Fact]
    public void Equal_seeds_give_equal_results_whatever_else_is_measured()
    {
        string[] options = ["--random-start", "--restarts", "2", "--steps", "2", "--examples", "24"];
        JsonElement all = Done([.. options, "--draws", "2", "--iterations", "3"]), again = Done([.. options, "--measures", "worst-case"]), other = Done([.. options, "--measures", "worst-case", "--seed", "5"]);
        Assert.Equal(all.GetProperty("worst_case").ToString(), again.GetProperty("worst_case").ToString());
        Assert.NotEqual(all.GetProperty("worst_case").ToString(), other.GetProperty("worst_case").ToString());
        Assert.Empty(again.GetProperty("average").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, again.GetProperty("hessian").ValueKind);
    }

    [Fact]
    public void Geometry_examples_and_precision_can_be_chosen()
    {
        JsonElement result = Done("--norm", "linf", "--adaptive", "--split", "test", "--examples", "10", "--group-size", "4", "--parameters", "linear,bn2", "--measures", "worst-case,average", "--draws", "1", "--precision", "bf16");
        Assert.Equal(("test", 8, 4), (result.GetProperty("split").GetString(), result.GetProperty("examples").GetInt32(), result.GetProperty("group_size").GetInt32()));
        Assert.Equal(("bf16", "linf", true), (result.GetProperty("precision").GetString(), result.GetProperty("norm").GetString(), result.GetProperty("adaptive").GetBoolean()));
        Assert.InRange(result.GetProperty("perturbed_weights").GetInt32(), 300, 387 + 64);
        Assert.Equal(0.005, result.GetProperty("worst_case")[0].GetProperty("rho").GetDouble());
        Assert.Equal(0.005, result.GetProperty("average")[0].GetProperty("sigma").GetDouble());
        // One draw has no interval.
        Assert.Equal(JsonValueKind.Null, result.GetProperty("average")[0].GetProperty("loss_increase").GetProperty("confidence").ValueKind);
    }

    [Fact]
    public void Pruned_weights_are_left_alone()
    {
        string masked = Path.GetDirectoryName(run.NewPath("x"))!;
        foreach (string file in new[] { "config.json", "weights.safetensors" }) File.Copy(Path.Combine(run.Folder, file), Path.Combine(masked, file));
        using (var scope = NewDisposeScope())
        {
            Tensor live = Tensor.From([.. Enumerable.Range(0, 3 * 128).Select(i => i % 4 == 0)]).reshape(3, 128);
            TensorFiles.WriteSafetensors(Path.Combine(masked, "weights.mask.safetensors"), [("linear.weight", live)]);
        }

        (int code, string output, string errors) = TinyRun.Invoke("sharpness", "--run", masked, "--measures", "worst-case", "--steps", "1", "--json");
        Assert.True(code == 0, errors);
        Assert.Equal(Weights - (3 * 96), JsonDocument.Parse(output).RootElement.GetProperty("perturbed_weights").GetInt32());
    }

    [Fact]
    public void The_table_names_what_was_measured()
    {
        (int code, string output, string errors) = TinyRun.Invoke("sharpness", "--run", run.Folder, "--steps", "1", "--draws", "2", "--iterations", "1", "--threads", "1");
        Assert.True(code == 0, errors);
        foreach (string text in new[] { "worst-case loss increase, rho 0.05", "average loss increase", "eigenvalue 1 of the Hessian", "48 examples of the training set" })
            Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.Contains("have not converged in 1 iterations", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--measures", "worst", "known: worst-case, average, hessian")]
    [InlineData("--rho", "0.1,-1", "0 or more")]
    [InlineData("--restarts", "3", "random")]
    [InlineData("--eigenvalues", "50", "at least the number of eigenvalues")]
    [InlineData("--step-size", "-1", "above 0")]
    [InlineData("--precision", "bf16", "float32 only")]
    [InlineData("--parameters", "fc", "conv1.weight")]
    [InlineData("--memory-limit", "1MB", "--iterations")]
    public void Bad_options_are_refused(string option, string value, string expected)
    {
        (int code, string output, string errors) = TinyRun.Invoke("sharpness", "--run", run.Folder, option, value);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Equal(2, errors.Trim().Split('\n').Length);
    }

    private static double Mean(JsonElement item) => item.GetProperty("loss_increase").GetProperty("mean").GetDouble();

    private JsonElement Done(params string[] options)
    {
        (int code, string output, string errors) = TinyRun.Invoke(["sharpness", "--run", run.Folder, .. options, "--threads", "1", "--json"]);
        Assert.True(code == 0, errors + output);
        return JsonDocument.Parse(output).RootElement;
    }
}
