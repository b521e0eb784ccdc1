using System.CommandLine;
using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report.Contrastive;
using Sharpless.Contrastive;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless contrast</c>: one image-text training.</summary>
internal static class ContrastCommand
{
    internal static Command Create()
    {
        var table = new ContrastOptionTable();
        Option<string> preset = TextOption.Word(
            "--preset", "Where the other options start: published, or tiny (small random encoders on emoji-captions, minutes on two cores).", ContrastivePreset.Published, "NAME", [.. ContrastivePreset.Names]);
        Option<string> name = TextOption.Word("--run-name", "Goes into the name of the run's folder where --out is not given.", "", "NAME");
        var place = new RunPlaceOptions();
        var command = new Command(
            "contrast",
            """
            Train an image and a text encoder so that pictures and their captions meet, with SAM where --rho is above 0.
            Example: sharpless contrast --preset tiny --rho 0.01 --out runs/emoji
            """)
        {
            preset, name,
        };
        foreach (Option option in table.Options) command.Options.Add(option);
        place.AddTo(command);
        ContrastEffects.Create().Govern(command);
        command.SetAction(Session.Action((session, cancel) =>
        {
            ParseResult parsed = session.Parsed;
            ContrastiveOptions options = table.Read(parsed, ContrastivePreset.Options(parsed.GetValue(preset)!) with { Seed = session.Seed, Precision = session.Precision });
            if (options.Problems().ToList() is { Count: > 0 } problems) throw new UsageException(string.Join(" ", problems), "See sharpless contrast --help.");
            if (place.IsDryRun(parsed)) return DryRun.Write(session, command.Name, options.Resolved());

            TrainPlace where = place.Read(session, () => NameOf(options, parsed.GetValue(name)!));
            OutputFile.Report.Require(parsed, "--out", Path.Combine(where.Folder, "report.html"));
            ContrastiveResult result = TrainProgressView.Show(
                session, Path.GetFileName(where.Folder), tell => ContrastiveTrainer.Run(options, where, tell, cancel), ("imagewise_acc", "imagewise accuracy"));
            foreach (string item in result.PassedOver) session.Errors.WriteLine($"note: passed over: {item}.");
            string report = Path.Combine(where.Folder, "report.html");
            ContrastiveReport.Write([where.Folder], report, where.DataFolder, where.Device, session.Errors.WriteLine);
            if (!session.Json) ContrastTables.Write(session, result, report);
            return session.End(result.Document, DivergedRun.Failure(result.Divergence, "--lr or --rho", result.Run));
        }));
        return command;
    }

    // The published names leave out batch size, epochs, width and seed, so that runs overwrite each other.
    private static string NameOf(ContrastiveOptions options, string name)
    {
        bool Draws(string model) => model == ContrastiveOptions.Random;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"lr={options.LearningRate}_rho={options.Rho}_random_init_image={Draws(options.ImageModel)}_random_init_text={Draws(options.TextModel)}_bottleneck_dim={options.Bottleneck}_bs={options.BatchSize}_epochs={options.Epochs}_projection_dim={options.Projection}_seed={options.Seed}");
        return name.Length > 0 ? $"{text}_{name}" : text;
    }
}
