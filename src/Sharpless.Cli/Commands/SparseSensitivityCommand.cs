using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Commands;

/// <summary><c>sharpless sparse sensitivity</c>: which layer bears pruning.</summary>
internal static class SparseSensitivityCommand
{
    internal static Command Create()
    {
        var table = new SparseOptionTable<SparseSensitivityOptions>();
        table.AddIfGiven(
            NumberOption.Reals("--fractions", $"Shares that are pruned [default: {string.Join(',', new SparseSensitivityOptions().Fractions)}].", SparseOptionTable<SparseSensitivityOptions>.IsShare, "from 0 to 1"),
            (options, fractions) => options with { Fractions = fractions });
        return SparseRunner.Create(
            "sensitivity",
            """
            Accuracy as one layer at a time is pruned, without training after.
            Example: sharpless sparse sensitivity --fractions 0.5,0.9,0.98 --seeds 3
            """,
            table, SparseSensitivity.Run, (session, run) => SparseTables.Sensitivity(session.Console, run));
    }
}
