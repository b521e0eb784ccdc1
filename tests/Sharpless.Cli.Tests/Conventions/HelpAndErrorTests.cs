using System.CommandLine;
using System.CommandLine.Completions;
using System.Diagnostics;
using System.Text.Json;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Tests.Commands;
using Sharpless.Cli.Tests.Training;

namespace Sharpless.Cli.Tests.Conventions;

/// <summary>Help that names all choices, errors that name the option, and a dry run wherever work is long.</summary>
public class HelpAndErrorTests
{
    // They take a second at most, and write nothing.
    private static readonly string[] WithoutDryRun = ["data list", "doctor", "pretrained-rank nodes"];

    private static readonly string[] PrintingOnly = ["json", "verbose", "dry-run"];

    public static TheoryData<string> Paths => [.. CommandTree.Actions().Select(item => item.Path)];

    [Theory, MemberData(nameof(Paths))]
    public void The_help_names_the_choices_of_every_option(string path)
    {
        Command command = CommandTree.All().Single(item => item.Path == path).Command;
        // What was wrapped is one text again.
        string help = string.Join(' ', TinyRun.Invoke([.. path.Split(' '), "--help"]).Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        foreach (Option option in CommandTree.OptionsOf(command).Where(option => option.ValueType == typeof(string) || option.ValueType == typeof(string[])))
        {
            foreach (CompletionItem choice in option.GetCompletions(CompletionContext.Empty)) Assert.Contains(choice.Label, help, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Paths))]
    public void A_value_that_is_refused_is_told_with_its_option_and_the_choices(string path)
    {
        Command root = CommandTree.All().First().Command, command = CommandTree.All().Single(item => item.Path == path).Command;
        foreach (Option option in CommandTree.OptionsOf(command).Concat(CommandTree.OptionsOf(root)).Where(option => option is not VersionOption))
        {
            (int code, _, string errors) = TinyRun.Invoke([.. path.Split(' '), $"{option.Name}=no such value", .. WithoutDryRun.Contains(path) ? Array.Empty<string>() : ["--dry-run"]]);
            string[] choices = [.. option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)];
            bool isClosed = option.ValueType != typeof(string) || choices.Length > 0;
            string error = errors.Split('\n')[0];
            if (!error.Contains("no such value", StringComparison.Ordinal))
            {
                Assert.False(option.ValueType == typeof(int) || option.ValueType == typeof(double) || option.ValueType == typeof(bool) || choices.Length > 0 && isClosed, $"{path} {option.Name} takes any value: {errors}");
                continue;
            }

            Assert.Equal(2, code);
            Assert.Contains(option.Name, error, StringComparison.Ordinal);
            Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
            if (option.ValueType != typeof(bool)) Assert.All(choices, choice => Assert.Contains(choice, error, StringComparison.Ordinal));
        }
    }

    // It would be missed if it were loaded: `doctor` misses it.
    [Fact]
    public void Help_does_not_load_libtorch()
    {
        Process Begin(params string[] arguments) =>
            TrainingProgram.BeginWith(["env", "SHARPLESS_LIBTORCH=/nowhere"], arguments);
        foreach (string line in (string[])["--help", "train --help"])
            TrainingProgram.End(Begin(line.Split(' '))).AssertDone();
        TrainingProgram.Result doctor = TrainingProgram.End(Begin("doctor", "--json"));
        Assert.Equal(ExitCode.Failed, doctor.ExitCode);
        Assert.Contains("/nowhere", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_with_choices_are_found()
    {
        IEnumerable<string> found = CommandTree.Actions().SelectMany(item => item.Command.Options
            .Where(option => option.ValueType != typeof(bool) && option.GetCompletions(CompletionContext.Empty).Any()).Select(option => $"{item.Path} {option.Name}"));
        Assert.Superset(new HashSet<string> { "train --model", "train --sam-variant", "train --lr-schedule", "prune --schedule", "rank --center", "sharpness --measures", "sparse grid --dense" }, found.ToHashSet());
    }

    [Theory]
    [InlineData("train --sam-rho 0.1 --sam-lr-mult 1", "--sam-rho", "--sam-lr-mult")]
    [InlineData("train --sam-rho 0.1 --sam-epoch-frac-start 0.6 --sam-epoch-frac-end 0.5", "--sam-epoch-frac-start", "--sam-epoch-frac-end")]
    [InlineData("train --activation gelu", "--activation", "softplus")]
    [InlineData("sparse --scope layers", "--scope", "channel")]
    [InlineData("sparse grid --scope 2:4", "--scope", "--fractions")]
    [InlineData("prune f --out o --scope layers", "--scope", "channel")]
    [InlineData("train --device gpu", "--device", "cuda")]
    public void Errors_name_their_options(string line, params string[] named)
    {
        (int code, _, string errors) = TinyRun.Invoke([.. line.Split(' '), "--dry-run"]);
        Assert.Equal(2, code);
        Assert.All(named, name => Assert.Contains(name, errors.Split('\n')[0], StringComparison.Ordinal));
    }

    [Fact]
    public void Commands_that_read_or_write_for_long_have_a_dry_run()
    {
        Assert.Empty(CommandTree.Actions().Where(item => item.Command.Options.All(option => option.Name != "--dry-run")).Select(item => item.Path).Except(WithoutDryRun));
    }

    [Theory]
    [InlineData("demo")]
    [InlineData("train")]
    [InlineData("rank --features absent.npy")]
    [InlineData("rank --run absent")]
    [InlineData("knn --run absent")]
    [InlineData("sharpness --run absent")]
    [InlineData("pretrained-rank --model-path absent.npz")]
    [InlineData("prune absent --out absent.safetensors")]
    [InlineData("sparse")]
    [InlineData("sparse grid")]
    [InlineData("sparse sensitivity")]
    [InlineData("two-layer")]
    [InlineData("contrast")]
    [InlineData("contrast-rank --run absent")]
    [InlineData("data get cifar10")]
    [InlineData("data verify cifar10")]
    public void A_dry_run_tells_every_option_and_needs_no_file(string line)
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        (int code, string output, string errors) = TinyRun.Invoke([.. line.Split(' '), "--dry-run", "--json"]);
        Assert.True(code == 0, errors + output);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        string path = document.GetProperty("command").GetString()!;
        Assert.StartsWith(path, line, StringComparison.Ordinal);
        IEnumerable<string> told = document.GetProperty("options").EnumerateObject().Select(option => option.Name);
        Command command = CommandTree.All().Single(item => item.Path == path).Command;
        Assert.Empty(CommandTree.OptionsOf(command).Select(option => option.Name[2..]).Except(PrintingOnly).Except(told));
        Assert.Contains("seed", told);
        Assert.DoesNotContain("json", told);
        Assert.False(Directory.Exists(folder));
    }

    [Theory, InlineData("train --exp-name mine", "exp-name"), InlineData("contrast --run-name mine", "run-name")]
    public void A_dry_run_tells_the_name_that_was_given(string line, string name)
    {
        string output = TinyRun.Invoke([.. line.Split(' '), "--dry-run", "--json"]).Output;
        Assert.Equal("mine", JsonDocument.Parse(output).RootElement.GetProperty("options").GetProperty(name).GetString());
    }

    [Theory, InlineData(), InlineData("data")]
    public void A_group_of_commands_alone_shows_its_help(params string[] arguments)
    {
        (int code, string output, string errors) = TinyRun.Invoke(arguments);
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(TinyRun.Invoke([.. arguments, "--help"]).Output, output);
        Assert.Contains("Commands:", output, StringComparison.Ordinal);
    }
}
