using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless prune</c>: a sparse form of a trained network, with its mask.</summary>
internal static class PruneCommand
{
    private static readonly Argument<string> Input = new("FILE|RUN") { Description = "Weights (safetensors), or a run folder, as `sharpless train` writes it." };
    private static readonly Option<string?> Output = new("--out") { Description = "Weight file to write; the mask comes beside it, as NAME.mask.safetensors.", HelpName = "FILE" };
    private static readonly Option<string?> Pack = new("--pack") { Description = "Packed weight file to write: one bit for a pruned weight. It is read like any other, and holds its mask.", HelpName = "FILE" };
    private static readonly Option<bool> Reestimate = new("--reestimate-bn") { Description = "Measure batch norm's running statistics anew, over one epoch of the run's training data." };

    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var what = new PruneCommandOptions();
        var schedule = new PruneScheduleOptions();
        var measure = new PruneMeasureOptions();
        var command = new Command(
            "prune",
            """
            Set the smallest weights of a network to 0, or take whole channels out of it. `train --init` goes on from the result and keeps it sparse.
            Example: sharpless prune runs/first --amount 0.9 --scope global --out sparse.safetensors
            """)
        {
            Input, Output, Pack, OutputFile.Force(),
        };
        what.AddTo(command);
        command.Options.Add(Reestimate);
        schedule.AddTo(command);
        measure.AddTo(command);
        command.Options.Add(DataFolderOption.Create());
        command.Options.Add(DryRun.Option());
        PruneEffects.Create().Govern(command);
        command.SetAction(Session.Action((session, cancel) => Run(session, what, schedule, measure, cancel)));
        return command;
    }

    private static int Run(Session session, PruneCommandOptions what, PruneScheduleOptions schedule, PruneMeasureOptions measure, CancellationToken cancel)
    {
        ParseResult parsed = session.Parsed;
        string input = parsed.GetRequiredValue(Input);
        (string? output, string? packed) = (parsed.GetValue(Output), parsed.GetValue(Pack));
        if ((output ?? packed) is not string named) throw new UsageException("Neither --out nor --pack says where the pruned network goes.", "Name a file with one of them, or with both.");
        PruneOptions options = what.Read(parsed);
        bool shrinks = what.Shrinks(parsed), reestimates = parsed.GetValue(Reestimate);
        schedule.RequireFit(parsed, options);
        if (DryRun.IsAsked(parsed)) return DryRun.Write(session, "prune");
        _ = session.Device; // sets the threads

        using var scope = NewDisposeScope();
        StoredNetwork network = StoredNetwork.Open(input);
        if (output is not null) network.RequireMayWrite(output, OutputFile.IsForced(parsed));
        if (packed is not null) network.RequireMayPack(packed, output, OutputFile.IsForced(parsed));
        OutputFile.RequireWritable(Output.Name, output);
        OutputFile.RequireWritable(Pack.Name, packed);
        string? run = Directory.Exists(input) ? input : null, dataFolder = DataFolderOption.Read(parsed);
        if (run is not null) dataFolder = TrainedRun.DataFolderOf(run, dataFolder);
        TrainOptions? training = schedule.Training(session, network, run, measure.Width(parsed), measure.BatchSize(parsed));
        Require(network, training, shrinks, schedule.Trains(parsed) || reestimates);
        NetworkForm? form = measure.Measures(parsed) ? measure.Form(parsed, network, run) : null;

        PruneTraining? trained = schedule.Trains(parsed) ? schedule.Run(session, network, options, training!, FolderBeside(named), dataFolder, cancel) : null;
        if (trained is not null && DivergedRun.Failure(trained.Result) is { } diverged) throw diverged;
        StoredNetwork last = trained is null ? network : StoredNetwork.Open(trained.LastRun);
        // After a schedule the weights that go are those that are gone already: the counts are the same.
        PruneResult result = Pruner.Masks(last.Weights, options, network.Model?.ChannelGroups ?? [], last.Live);
        var zeroed = new StoredWeights(Pruner.Apply(last.Weights, result.Live), result.Live, network.Metadata);
        ShrunkNetwork? shrunk = shrinks ? ChannelRemoval.Shrink(zeroed.Tensors, zeroed.Live, network.Model!.ChannelGroups) : null;
        StoredWeights final = shrunk is null ? zeroed : new StoredWeights(shrunk.Weights, shrunk.Live, network.Metadata);
        if (reestimates) final = final with { Tensors = BatchNormReestimation.OfRun(training!, dataFolder, session.Device, final.Tensors, cancel) };
        if (output is not null) network.Write(output, final.Tensors, final.Live, OutputFile.IsForced(parsed));
        if (packed is not null) StoredNetwork.Pack(packed, final);

        var pruned = new PrunedNetwork(network, options, result, shrunk, Pruner.Summary(final.Tensors, result with { Live = final.Live }), output)
        {
            Packed = packed,
            IsReestimated = reestimates,
            Training = trained,
            Cost = form is null ? null : measure.Measure(session, form, Networks(network, zeroed, shrunk is null ? null : final), cancel),
        };
        session.WriteJson(pruned.ToDocument());
        if (!session.Json) PruneTables.Write(session.Console, pruned);
        return ExitCode.Done;
    }

    private static void Require(StoredNetwork network, TrainOptions? training, bool shrinks, bool trains)
    {
        if (shrinks && network.Model is null)
        {
            throw new UsageException(
                $"'{network.WeightFile}' is no model that Sharpless knows, so it cannot tell which layers read the channels that --shrink removes.",
                "Leave --shrink out: the channels are then set to 0.");
        }

        if (!trains) return;
        if (training is null) throw new UsageException($"'{network.WeightFile}' does not say what it was trained on.", "Give the run's folder in place of the file, or --dataset.");
        if (network.Model is null) throw new UsageException($"'{network.WeightFile}' is no model that Sharpless knows, so it cannot be trained.", "Leave --schedule and --reestimate-bn out.");
    }

    private static List<(string Name, StoredWeights Weights)> Networks(StoredNetwork dense, StoredWeights pruned, StoredWeights? shrunk)
    {
        List<(string, StoredWeights)> networks = [("dense", new StoredWeights(dense.Weights, dense.Live, dense.Metadata)), ("pruned", pruned)];
        if (shrunk is not null) networks.Add(("shrunk", shrunk));
        return networks;
    }

    private static string FolderBeside(string file)
    {
        const string Ending = ".safetensors";
        return (file.EndsWith(Ending, StringComparison.Ordinal) ? file[..^Ending.Length] : file) + ".prune";
    }
}
