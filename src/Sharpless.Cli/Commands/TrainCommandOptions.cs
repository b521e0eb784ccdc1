using System.CommandLine;
using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>The options of a training run, with the names and defaults of the published program.</summary>
internal sealed class TrainCommandOptions
{
    private readonly TrainOptionTable _table = new();
    private readonly Option<string> _experiment = TextOption.Word("--exp-name", "Goes into the name of the run's folder where --out is not given.", "other", "NAME");

    internal TrainCommandOptions()
    {
        var defaults = new TrainOptions();
        TrainDataOptions.AddTo(_table, defaults);
        TrainModelOptions.AddTo(_table, defaults);
        TrainAugmentationOptions.AddTo(_table, defaults);
        TrainDescentOptions.AddTo(_table, defaults);
        TrainSamOptions.AddTo(_table, defaults);
        TrainLossOptions.AddTo(_table, defaults);
        TrainEvaluationOptions.AddTo(_table, defaults);
    }

    internal void AddTo(Command command)
    {
        foreach (Option option in _table.Options) command.Options.Add(option);
        command.Options.Add(_experiment);
        PublishedLeftovers.AddTo(command);
    }

    internal TrainOptions Read(ParseResult parsed, Session session) => _table.Read(parsed, new TrainOptions { Seed = session.Seed, Precision = session.Precision }).WithFullPaths();

    /// <summary>Name of a run's folder where none is given.</summary>
    internal string Name(ParseResult parsed, TrainOptions options)
    {
        // npz:FILE and folder:DIR: the path goes, the last name stays.
        string data = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(options.DataSet[(options.DataSet.IndexOf(':', StringComparison.Ordinal) + 1)..]));
        return string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(_experiment)}-{data}-{options.Model}-rho{options.SamRho}-seed{options.Seed}");
    }
}
