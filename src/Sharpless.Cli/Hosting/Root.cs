using System.CommandLine;
using System.CommandLine.Help;
using Sharpless.Cli.Commands;

namespace Sharpless.Cli.Hosting;

/// <summary>The program's commands.</summary>
internal static class Root
{
    internal const string Name = "sharpless";

    internal static Command Create()
    {
        // Not a RootCommand: that takes its name from the program's file, which users never see.
        var root = new Command(
            Name,
            """
            Train networks that end in flat minima (sharpness-aware minimization), and measure what that does to them.
            Start with: sharpless demo
            """);
        root.Options.Add(new HelpOption());
        root.Options.Add(new VersionOption());
        foreach (Option option in CommonOptions.All) root.Options.Add(option);
        foreach (Command command in Commands()) root.Subcommands.Add(command);
        return root;
    }

    private static IEnumerable<Command> Commands() =>
    [
        DemoCommand.Create(), TrainCommand.Create(), SweepCommand.Create(), RankCommand.Create(), KnnCommand.Create(), SharpnessCommand.Create(), PretrainedRankCommand.Create(), PruneCommand.Create(),
        SparseCommand.Create(), TwoLayerCommand.Create(), ContrastCommand.Create(), ContrastRankCommand.Create(), ReportCommand.Create(), DataCommand.Create(), DoctorCommand.Create(),
    ];
}
