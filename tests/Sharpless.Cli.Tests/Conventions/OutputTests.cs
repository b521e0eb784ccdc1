using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Tests.Commands;
using Sharpless.Pruning;

namespace Sharpless.Cli.Tests.Conventions;

/// <summary>No command overwrites what this program did not write for the same purpose, unless it is told to.</summary>
public sealed class OutputTests(TinyRun run) : IClassFixture<TinyRun>
{
    private string Weights => Path.Combine(run.Folder, "weights.safetensors");

    [Fact]
    public void Every_command_that_writes_a_file_has_force()
    {
        (string Path, Command Command)[] writers = [.. Below(Root.Create(), Root.Name).Where(item => item.Command.Options.Any(IsOutputFile) || item.Path.EndsWith("data get", StringComparison.Ordinal))];
        Assert.Superset(
            new HashSet<string> { "sharpless report", "sharpless rank", "sharpless prune", "sharpless pretrained-rank", "sharpless contrast-rank", "sharpless data get" },
            writers.Select(item => item.Path).ToHashSet());
        foreach ((string path, Command command) in writers) Assert.True(command.Options.Any(option => option.Name == "--force"), $"{path} writes a file and has no --force.");
    }

    [Theory]
    [InlineData("report RUN --out PLACE")]
    [InlineData("rank --run RUN --features-out PLACE")]
    [InlineData("prune RUN --out PLACE")]
    [InlineData("prune RUN --pack PLACE")]
    public void What_is_at_the_place_of_an_output_stays_unless_forced(string line)
    {
        string[] texts = ["thesis", "", "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head></html>"];
        foreach (string text in texts)
        {
            string place = run.NewPath("file");
            File.WriteAllText(place, text);
            Refused(line, place, "is there already", "--force");
            Assert.Equal(text, File.ReadAllText(place));
            Done(line, place, "--force");
            Assert.NotEqual(text, File.ReadAllText(place));
            Done(line, place);                     // what the program wrote for this purpose, it replaces
        }
    }

    [Theory]
    [InlineData("report RUN --out PLACE")]
    [InlineData("rank --run RUN --features-out PLACE")]
    [InlineData("prune RUN --out PLACE")]
    [InlineData("prune RUN --pack PLACE")]
    public void Files_of_a_run_and_of_other_outputs_stay(string line)
    {
        byte[] weights = File.ReadAllBytes(Weights);
        foreach (string file in new[] { "weights.safetensors", "config.json", "metrics.csv", "checkpoint/state.safetensors" })
        {
            string place = Path.Combine(run.Folder, file);
            byte[] before = File.ReadAllBytes(place);
            Refused(line, place, "", "");
            Assert.Equal(before, File.ReadAllBytes(place));
        }

        Assert.Equal(weights, File.ReadAllBytes(Weights));

        // An output of another kind is a foreign file too.
        string report = run.NewPath("report.html"), features = run.NewPath("features.npz"), packed = run.NewPath("packed.safetensors");
        Done("report RUN --out PLACE", report);
        Done("rank --run RUN --features-out PLACE", features);
        Done("prune RUN --pack PLACE", packed);
        foreach ((string place, string own) in new[] { (report, "report"), (features, "rank"), (packed, "--pack") })
        {
            if (!line.Contains(own, StringComparison.Ordinal)) Refused(line, place, "is there already", "--force");
        }
    }

    [Theory]
    [InlineData("report RUN --out PLACE")]
    [InlineData("rank --run RUN --features-out PLACE")]
    [InlineData("prune RUN --out PLACE")]
    [InlineData("prune RUN --pack PLACE")]
    public void Places_that_cannot_be_written_are_refused_before_work(string line)
    {
        string folder = Path.GetDirectoryName(run.NewPath("x"))!, file = run.NewPath("file");
        File.WriteAllText(file, "text");
        Refused(line, folder, "folder", "");
        Refused(line, folder, "folder", "", "--force");
        Refused(line, Path.Combine(file, "below"), "file", "");
        Refused(line, "/proc/self/task/file", "", "");
        Assert.Equal("text", File.ReadAllText(file));

        // Folders that are not there yet are made.
        Done(line, Path.Combine(folder, "new", "folder", "output"));
        Assert.True(File.Exists(Path.Combine(folder, "new", "folder", "output")));
    }

    [Fact]
    public void The_network_itself_is_not_overwritten_even_when_forced()
    {
        byte[] weights = File.ReadAllBytes(Weights);
        Refused("prune PLACE --out PLACE", Weights, "is the network that is to be pruned", "--out", "--force");
        Refused("prune PLACE --pack PLACE", Weights, "is the network that is to be pruned", "--pack", "--force");
        Assert.Equal(weights, File.ReadAllBytes(Weights));
        Assert.False(File.Exists(MaskFile.PathFor(Weights)));
    }

    [Fact]
    public void A_folder_that_holds_a_report_of_somebody_else_is_refused_before_training()
    {
        string folder = Path.GetDirectoryName(run.NewPath("x"))!, report = Path.Combine(folder, "report.html");
        File.WriteAllText(report, "<p>mine</p>");
        foreach (string line in new[] { "demo --out PLACE", "sweep --epochs 0 --out PLACE", "two-layer relu --seeds 1 --iterations 2 --out PLACE", "sparse --out PLACE", "contrast --out PLACE", "train --out PLACE" })
        {
            Refused(line, folder, "", "");
            Assert.Equal(["report.html"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
        }

        Assert.Equal("<p>mine</p>", File.ReadAllText(report));
    }

    [Fact]
    public void Fetching_does_not_overwrite_a_file_of_the_same_name()
    {
        string data = Path.GetDirectoryName(run.NewPath("x"))!, file = Path.Combine(Directory.CreateDirectory(Path.Combine(data, "cifar10")).FullName, "cifar-10-binary.tar.gz");
        File.WriteAllText(file, "mine");
        (int code, _, string errors) = TinyRun.Invoke("data", "get", "cifar10", "--data-dir", data);
        Assert.True(code == 2, errors);
        Assert.Contains("is there already", errors, StringComparison.Ordinal);
        Assert.Contains("--force", errors, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(file));
    }

    private void Refused(string line, string place, string error, string hint, params string[] more)
    {
        (int code, _, string errors) = Invoke(line, place, more);
        Assert.True(code == 2, $"{line} with {place}: exit code {code}: {errors}");
        string[] lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(error, lines[^2], StringComparison.Ordinal);
        Assert.StartsWith("hint: ", lines[^1], StringComparison.Ordinal);
        Assert.Contains(hint, lines[^1], StringComparison.Ordinal);
    }

    private void Done(string line, string place, params string[] more)
    {
        (int code, _, string errors) = Invoke(line, place, more);
        Assert.True(code == 0, $"{line} with {place}: exit code {code}: {errors}");
    }

    private (int Code, string Output, string Errors) Invoke(string line, string place, string[] more) =>
        TinyRun.Invoke([.. line.Split(' ').Select(word => word switch { "RUN" => run.Folder, "PLACE" => place, _ => word }), .. more]);

    // --out of a command that fills a folder is a DIR.
    private static bool IsOutputFile(Option option) => option.HelpName == "FILE" && (option.Name is "--out" or "--pack" || option.Name.EndsWith("-out", StringComparison.Ordinal));

    private static IEnumerable<(string Path, Command Command)> Below(Command command, string path) =>
        command.Subcommands.SelectMany(child => Below(child, $"{path} {child.Name}")).Prepend((path, command));
}
