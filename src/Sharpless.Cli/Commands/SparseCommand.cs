using System.CommandLine;
using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Cli.Hosting;
using Sharpless.Cli.Report.Sparse;
using Sharpless.Experiments.Sparse;
using Sharpless.Pruning;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless sparse</c>: the exercise on sparse networks, done right and as published, side by side.</summary>
internal static class SparseCommand
{
    internal static Command Create()
    {
        var defaults = new SparseExerciseOptions();
        var table = new SparseOptionTable<SparseExerciseOptions>();
        table.AddIfGiven(
            NumberOption.Real("--amount", "Share of the weights that is pruned; not with N:M.", PruneOptions.DefaultAmount, SparseOptionTable<SparseExerciseOptions>.IsShare, "from 0 to 1"),
            (options, amount) => options with { Amount = amount });
        table.Add(NumberOption.Real("--sam-rho", "Radius of SAM's perturbation, L2 over all live weights.", defaults.SamRho, value => value > 0, "above 0"), (options, rho) => options with { SamRho = rho });
        table.Add(NumberOption.Integer("--finetune-epochs", "Epochs of fine-tuning after pruning.", defaults.FinetuneEpochs, minimum: 1), (options, epochs) => options with { FinetuneEpochs = epochs });
        table.AddIfGiven(Faults(), (options, faults) => options with { AsPublished = faults! });
        table.Add(
            NumberOption.Integer("--directions", "Random directions that the theory check compares with SAM's perturbation; 0 for no check.", defaults.Directions),
            (options, directions) => options with { Directions = directions });
        Command command = SparseRunner.Create(
            "sparse",
            """
            Train a dense classifier, prune it, fine-tune with SGD and with SAM, compare: over several seeds, right and with the published faults.
            Takes minutes. Example: sharpless sparse --amount 0.9 --as-published stale-optimizer,no-mask
            """,
            table, SparseExercise.Run, Show, More);
        new EffectTable()
            .Add(["--amount"], given => given.Value<string>("--scope")!.Contains(':', StringComparison.Ordinal) ? $"with --scope {given.Value<string>("--scope")}, which says itself how much is pruned" : null)
            .Govern(command);
        command.Subcommands.Add(SparseGridCommand.Create());
        command.Subcommands.Add(SparseSensitivityCommand.Create());
        return command;
    }

    private static Option<IReadOnlyList<PublishedFault>?> Faults() => new("--as-published")
    {
        Description = $"Faults of the published side, separated by commas: {string.Join(", ", PublishedFaults.All.Select(fault => fault.Name()))}; none leaves that side out [default: all].",
        HelpName = "FAULTS",
        CustomParser = result =>
        {
            try
            {
                return PublishedFaults.Parse(result.Tokens[0].Value);
            }
            catch (ArgumentException error)
            {
                result.AddError($"--as-published: {error.Message.Split(" (Parameter")[0]}");
                return null;
            }
        },
    };

    private static void Show(Session session, SparseRun run)
    {
        SparseTables.Exercise(session.Console, run);
        foreach ((string side, PublishedOrdering ordering) in Orderings(run)) session.Console.WriteLine(Sentence(side, ordering));
        if (run.Theory is { } theory) session.Console.WriteLine(Sentence(theory));
    }

    private static IEnumerable<(string Side, PublishedOrdering Ordering)> Orderings(SparseRun run) =>
        Exercise.Of(run.Cells).SelectMany(exercise => exercise.Sides.Select(side => (side.Name, PublishedOrdering.On(side, AccuracyMeasure.All, exercise.Comparisons))));

    private static string Sentence(string side, PublishedOrdering ordering) =>
        $"{PublishedOrdering.Statement} on the {side} side: {Verdicts.Name(ordering.Verdict)} (by the intervals of the paired differences, {AccuracyMeasure.All.Name}; by themselves {ordering.HoldingSeeds} of {ordering.Seeds} seeds are so ordered)";

    private static string Sentence(TheoryCheck theory)
    {
        FirstOrder smallest = theory.FirstOrder[^1];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"theory: at rho {theory.Rho} the loss {theory.Loss:0.0000} rises to {theory.LossAlongPerturbation:0.0000} along SAM's perturbation, above {theory.Random.Beaten} of {theory.Random.N} random directions (largest {theory.Random.Max:0.0000}); at rho {smallest.Rho} the increase is {smallest.Ratio:0.000} of rho |g|");
    }

    private static Dictionary<string, object?> More(SparseRun run) => new()
    {
        ["ordering"] = Orderings(run).Select(item => new { item.Side, PublishedOrdering.Statement, Verdict = Verdicts.Name(item.Ordering.Verdict), Seeds = item.Ordering.HoldingSeeds, Of = item.Ordering.Seeds }),
        ["theory"] = run.Theory,
    };
}
