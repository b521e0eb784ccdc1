using System.Text.Json;
using Sharpless.Tests;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Training;

/// <summary>Training on a folder of pictures: what is not read is told.</summary>
public sealed class PictureTrainingTests : IDisposable
{
    private readonly TinyTraining _tiny = new();

    public PictureTrainingTests()
    {
        for (int i = 0; i < 4; i++)
        {
            foreach (string part in new[] { "Train", "validation" })
            {
                string folder = Directory.CreateDirectory(_tiny[$"pictures/{part}/{(i < 2 ? "ant" : "bee")}"]).FullName;
                File.Copy(Golden($"flat_{i}.jpg"), Path.Combine(folder, $"{i}.{(i % 2 == 0 ? "jfif" : "jpg")}"));
            }
        }
    }

    private string[] Command => ["train", "--dataset", $"folder:{_tiny["pictures"]}", "--model", "classifier", "--model-width", "2", "--epochs", "1", "--batch-size", "2", "--threads", "1", "--json"];

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Files_that_are_left_out_are_on_stderr_in_the_json_and_in_the_run()
    {
        JsonElement whole = TrainingProgram.Run([.. Command, "--out", _tiny["whole"]]).AssertDone().Json;
        Assert.False(whole.TryGetProperty("left_out", out _) || whole.TryGetProperty("warnings", out _));

        File.Copy(Golden("flat_0.jpg"), _tiny["pictures/Train/bee/5.xyz"]);
        TrainingProgram.Result run = TrainingProgram.Run([.. Command, "--out", _tiny["run"]]).AssertDone();
        Assert.Equal(["Train/bee/5.xyz"], run.Json.GetProperty("left_out").EnumerateArray().Select(name => name.GetString()!));
        Assert.Contains("1 file is left out", run.Errors.Split('\n').Single(line => line.StartsWith("warning: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("1 file is left out", run.Json.GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal("1", RunRecord.Load(_tiny["run"]).Configuration.Data["left_out"]);
        // A finished run says it again.
        TrainingProgram.Result again = TrainingProgram.Run([.. Command, "--out", _tiny["run"], "--resume"]).AssertDone();
        Assert.Equal(run.Json.GetProperty("left_out").ToString(), again.Json.GetProperty("left_out").ToString());
    }

    [Fact]
    public void A_class_of_pictures_that_are_not_read_is_refused_before_training()
    {
        File.Move(_tiny["pictures/Train/bee/2.jfif"], _tiny["pictures/Train/bee/2.xyz"]);
        File.Move(_tiny["pictures/Train/bee/3.jpg"], _tiny["pictures/Train/bee/3.xyz"]);
        TrainingProgram.Run([.. Command[..^1], "--out", _tiny["run"]]).AssertRefused("Train/bee has no picture of a kind that is read (it holds 2.xyz, 3.xyz)", "remove the folder");
        Assert.False(Directory.Exists(_tiny["run"]));
    }

    private static string Golden(string name) => GoldenFiles.PathOf("data", name);
}
