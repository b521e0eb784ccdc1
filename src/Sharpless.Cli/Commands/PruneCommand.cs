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
    private static readonly Option<string> Output = new("--out") { Description = "Weight file to write; the mask comes beside it, as NAME.mask.safetensors.", HelpName = "FILE", Required = true };

    /// <summary>The command, ready to be added to the root.</summary>
    internal static Command Create()
    {
        var options = new PruneCommandOptions();
        var command = new Command(
            "prune",
            """
            Set the smallest weights of a network to 0, or take whole channels out of it. `train --init` goes on from the result and keeps it sparse.
            Example: sharpless prune runs/first --amount 0.9 --scope global --out sparse.safetensors
            """)
        {
            Input, Output,
        };
        options.AddTo(command);
        command.SetAction(Session.Action((session, _) => Run(session, options)));
        return command;
    }

    private static int Run(Session session, PruneCommandOptions given)
    {
        string output = session.Parsed.GetRequiredValue(Output);
        PruneOptions options = given.Read(session.Parsed);
        bool shrinks = given.Shrinks(session.Parsed);
        _ = session.Device; // sets the threads

        using var scope = TensorScope.Begin();
        StoredNetwork network = StoredNetwork.Open(session.Parsed.GetRequiredValue(Input));
        network.RequireMayWrite(output);
        if (shrinks && network.Model is null)
        {
            throw new UsageException(
                $"'{network.WeightFile}' is no model that Sharpless knows, so it cannot tell which layers read the channels that --shrink removes.",
                "Leave --shrink out: the channels are then set to 0.");
        }

        PruneResult result = Pruner.Masks(network.Weights, options, network.Model?.ChannelGroups ?? [], network.Live);
        IReadOnlyDictionary<string, Tensor> weights = Pruner.Apply(network.Weights, result.Live), live = result.Live;
        ShrunkNetwork? shrunk = shrinks ? ChannelRemoval.Shrink(weights, live, network.Model!.ChannelGroups) : null;
        if (shrunk is not null) (weights, live) = (shrunk.Weights, shrunk.Live);
        network.Write(output, weights, live);

        var pruned = new PrunedNetwork(network, options, result, shrunk, Pruner.Summary(weights, result with { Live = live }), output);
        session.WriteJson(pruned.ToDocument());
        if (!session.Json) PruneTables.Write(session.Console, pruned);
        return ExitCode.Done;
    }
}
