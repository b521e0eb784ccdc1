using System.Diagnostics;
using System.Text.Json;
using Sharpless.Cli.Tests.Commands;
using Sharpless.Tests;

namespace Sharpless.Cli.Tests.Training;

/// <summary><c>sharpless contrast</c> on the eight captioned pictures of tests/golden/contrastive/run.</summary>
public sealed class ContrastTests : IDisposable
{
    // Two steps an epoch.
    private const int Epochs = 8, Steps = 2 * Epochs;

    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless contrast ").FullName;

    private static string Data => Path.GetDirectoryName(GoldenFiles.PathOf("contrastive", "run", "init.safetensors"))!;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_published_line_runs_as_it_is()
    {
        (int code, string output, string errors) = TinyRun.Invoke(
            "contrast", "--epochs=25", "--lr=0.0001", "--rho=0.1", "--bs=128", "--projection_dim=768", "--random_init_image", "--bottleneck_dim=200", "--run_name=x", "--dry-run", "--json");
        Assert.True(code == 0, errors);
        JsonElement options = JsonDocument.Parse(output).RootElement.GetProperty("options");
        Assert.Equal(
            (25, 1e-4, 0.1, 128, 768, 200, "random", "bert-base-cased"),
            (options.GetProperty("epochs").GetInt32(), options.GetProperty("lr").GetDouble(), options.GetProperty("rho").GetDouble(), options.GetProperty("bs").GetInt32(),
                options.GetProperty("projection-dim").GetInt32(), options.GetProperty("bottleneck-dim").GetInt32(), options.GetProperty("image-model").GetString(), options.GetProperty("text-model").GetString()));
        Assert.Equal(("masked", "symmetric", 0), (options.GetProperty("pooling").GetString(), options.GetProperty("pixel-range").GetString(), options.GetProperty("as-published").GetArrayLength()));
    }

    [Fact]
    public void Mistakes_are_repeated_by_name()
    {
        string[] Of(string names) => [.. JsonDocument.Parse(TinyRun.Invoke("contrast", "--as-published", names, "--dry-run", "--json").Output).RootElement
            .GetProperty("options").GetProperty("as-published").EnumerateArray().Select(name => name.GetString()!)];
        Assert.Equal(["stateless-adam", "pool-padding"], Of("pool-padding,stateless-adam"));
        Assert.Equal(4, Of("all").Length);
        (int code, _, string errors) = TinyRun.Invoke("contrast", "--as-published", "everything", "--dry-run");
        Assert.Equal(2, code);
        Assert.Contains("byte-captions", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_preset_gives_way_to_what_is_on_the_command_line()
    {
        JsonElement options = JsonDocument.Parse(TinyRun.Invoke("contrast", "--preset", "tiny", "--bs", "16", "--dry-run", "--json").Output).RootElement.GetProperty("options");
        Assert.Equal((16, "tiny", "random"), (options.GetProperty("bs").GetInt32(), options.GetProperty("text-form").GetString(), options.GetProperty("image-model").GetString()));
    }

    [Theory]
    [InlineData("--rho 0.1 --gradient-norm-rho 0.1", "exclude each other")]
    [InlineData("--image-size 100 --random-init-image", "multiples of 32")]
    [InlineData("--bs 1", "2 or more")]
    [InlineData("--pooling some", "some")]
    [InlineData("--data nowhere", "nowhere")]
    public void Bad_options_are_refused_before_anything_is_written(string arguments, string expected)
    {
        string run = Path.Combine(_folder, "run");
        (int code, _, string errors) = TinyRun.Invoke(["contrast", .. arguments.Split(' '), "--out", run, "--data-dir", _folder]);
        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public void Runs_killed_at_random_moments_end_with_the_bytes_of_an_unbroken_run()
    {
        TrainingProgram.Result unbroken = TrainingProgram.Run(Short("unbroken")).AssertDone();
        JsonElement final = unbroken.Json.GetProperty("final");
        Assert.Equal(Steps, unbroken.Json.GetProperty("steps").GetInt64());
        foreach (string name in new[] { "train_loss", "test_loss", "imagewise_acc", "textwise_acc" }) Assert.True(double.IsFinite(final.GetProperty(name).GetDouble()), name);
        foreach (string name in new[] { "image_rank", "text_rank" }) Assert.InRange(final.GetProperty(name).GetProperty("0.99").GetInt32(), 1, 8);
        foreach (string name in new[] { "image_to_text", "text_to_image" }) Assert.InRange(final.GetProperty(name).GetProperty("r10").GetDouble(), 0.999, 1);

        Assert.Contains("image.layer", File.ReadAllText(Path.Combine(_folder, "unbroken", "report.html")), StringComparison.Ordinal);

        int resumed = 0;
        for (int seed = 0; seed < 4; seed++)
        {
            var random = new Random(seed);
            string run = $"run{seed}", checkpoint = Path.Combine(_folder, run, "checkpoint", "state.safetensors");
            Process process = TrainingProgram.Begin(Short(run));
            while (!process.HasExited && !File.Exists(checkpoint)) Thread.Sleep(1);
            TrainingProgram.Kill(process, TimeSpan.FromMilliseconds(random.Next(60)));
            TrainingProgram.Run(Short(run)).AssertDone();
            foreach (string file in new[] { "weights.safetensors", "metrics.csv", "vocab.txt", "config.json" })
            {
                Assert.True(File.ReadAllBytes(Path.Combine(_folder, "unbroken", file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, run, file))), $"{run}: {file} differs");
            }

            resumed += File.ReadLines(Path.Combine(_folder, run, "log.txt")).Count(line => line.Contains("resume after iteration", StringComparison.Ordinal));
        }

        Assert.True(resumed > 0, "No start went on from a checkpoint, so the test says nothing.");
        string again = File.ReadAllText(Path.Combine(_folder, "unbroken", "log.txt"));
        TrainingProgram.Run(Short("unbroken")).AssertDone();
        Assert.Equal(again, File.ReadAllText(Path.Combine(_folder, "unbroken", "log.txt")));
    }

    [Fact]
    public void A_damaged_checkpoint_costs_one_interval_and_other_data_are_refused()
    {
        string data = Path.Combine(_folder, "data"), weights = Path.Combine(_folder, "run", "weights.safetensors"), newest = Path.Combine(_folder, "run", "checkpoint", "state.safetensors");
        foreach (string file in Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(data, Path.GetRelativePath(Data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        string[] command = [.. Short("run").Select(word => word == Data ? data : word == $"{Epochs}" ? "2" : word)];
        Assert.Equal(0, TinyRun.Invoke(command).Code);
        byte[] expected = File.ReadAllBytes(weights), state = File.ReadAllBytes(newest);
        File.Delete(weights);
        state[^100] ^= 1;
        File.WriteAllBytes(newest, state);
        (int code, _, string errors) = TinyRun.Invoke(command);
        Assert.True(code == 0 && errors.Contains("state.safetensors' is damaged", StringComparison.Ordinal), errors);
        Assert.Equal(expected, File.ReadAllBytes(weights));

        File.Delete(weights);
        string picture = Directory.EnumerateFiles(data, "*.png", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(data, "*.jpg", SearchOption.AllDirectories)).First();
        byte[] bytes = File.ReadAllBytes(picture);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(picture, bytes);
        (code, string output, _) = TinyRun.Invoke(command);
        Assert.True(code == 2 && output.Contains("the data that are here now are not those it began with", StringComparison.Ordinal), output);
    }

    private string[] Short(string run) =>
    [
        "contrast", "--preset", "tiny", "--data", Data, "--image-size", "16", "--vocabulary-size", "100", "--bs", "4", "--epochs", $"{Epochs}", "--projection-dim", "8", "--rho", "0.05",
        "--eval-every", "4", "--n-eval-batches", "1", "--checkpoint-every", "1", "--threads", "1", "--out", Path.Combine(_folder, run), "--resume", "--json",
    ];
}
