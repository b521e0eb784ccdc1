using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless sparse grid</c>: accuracy against sparsity, SGD against SAM.</summary>
internal static class SparseGridCommand
{
    internal static Command Create()
    {
        var defaults = new SparseGridOptions();
        var table = new SparseOptionTable<SparseGridOptions>();
        table.AddIfGiven(
            NumberOption.Reals("--fractions", $"Shares that are pruned [default: {string.Join(',', defaults.Fractions)}].", SparseOptionTable<SparseGridOptions>.IsShare, "from 0 to 1"),
            (options, fractions) => options with { Fractions = fractions });
        table.AddIfGiven(
            NumberOption.Reals("--sam-rho", $"Radii of the SAM arms [default: {string.Join(',', defaults.SamRho)}].", value => value > 0, "above 0"),
            (options, radii) => options with { SamRho = radii });
        table.AddIfGiven(
            TextOption.ListOf("--dense", "How the dense network is trained: sgd, sam, or both [default: sgd,sam].", "sgd", "sam"),
            (options, names) => options with { Dense = [.. names.Select(name => Enum.Parse<DenseTraining>(name, ignoreCase: true))] });
        table.Add(NumberOption.Real("--dense-sam-rho", "Radius of SAM in the dense training.", defaults.DenseSamRho, value => value > 0, "above 0"), (options, rho) => options with { DenseSamRho = rho });
        table.Add(
            NumberOption.Integer("--finetune-epochs", "Epochs of fine-tuning; SGD gets twice as many at equal compute.", defaults.FinetuneEpochs, minimum: 1),
            (options, epochs) => options with { FinetuneEpochs = epochs });
        table.AddFlag("--reestimate-bn", "Measure batch-norm statistics anew right after pruning.", (options, on) => options with { ReestimatesBatchNorm = on });
        Command command = SparseRunner.Create(
            "grid",
            """
            Accuracy against sparsity: share pruned x SGD and SAM at several rho x dense training x seeds, at equal epochs and at equal compute.
            Example: sharpless sparse grid --fractions 0.5,0.9,0.98 --sam-rho 0.05 --seeds 5
            """,
            table, SparseGrid.Run, (session, run) => SparseTables.Grid(session.Console, run));
        new EffectTable()
            .Add(["--dense-sam-rho"], given => given.Value<string[]>("--dense") is { Length: > 0 } dense && !dense.Contains("sam") ? $"with --dense {string.Join(',', dense)}" : null, _ => "Leave it out, or add sam to --dense.")
            .Govern(command);
        return command;
    }
}
