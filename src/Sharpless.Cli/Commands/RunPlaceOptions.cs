using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of every command that trains one run: where it lies, and whether it goes on.</summary>
internal sealed class RunPlaceOptions
{
    private readonly Option<string?> _output = new("--out") { Description = "The run's folder, new or empty [default: runs/TIME-NAME].", HelpName = "DIR" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with the run in --out, or start it where there is none." };
    private readonly Option<int> _every = NumberOption.Integer("--checkpoint-every", "Steps from one checkpoint to the next; 0 for each evaluation.", 0);
    private readonly Option<bool> _dryRun = DryRun.Option();

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _output, _resume, _every, DataFolderOption.Create(), _dryRun }) command.Options.Add(option);
    }

    internal bool IsDryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    /// <summary>Whether the command line says where the run lies, or that it goes on.</summary>
    internal bool IsGiven(ParseResult parsed) => parsed.GetValue(_output) is not null || parsed.GetValue(_resume);

    /// <param name="session">The invocation.</param>
    /// <param name="name">Name of the run's folder where none is given.</param>
    /// <param name="folder">A folder that counts instead of the one given; null for none.</param>
    internal TrainPlace Read(Session session, Func<string> name, string? folder = null) => new()
    {
        Folder = folder ?? session.Parsed.GetValue(_output) ?? RunNames.New(name()),
        Resumes = session.Parsed.GetValue(_resume),
        CheckpointPeriod = session.Parsed.GetValue(_every) is > 0 and int steps ? steps : long.MaxValue,
        DataFolder = DataFolderOption.Read(session.Parsed),
        Device = session.Device,
        Warn = session.Warn,
    };
}
