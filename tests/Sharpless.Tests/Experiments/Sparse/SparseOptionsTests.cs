using Sharpless.Experiments.Sparse;

namespace Sharpless.Tests.Experiments.Sparse;

public class SparseOptionsTests
{
    public static TheoryData<SparseOptions, string> Wrong => new()
    {
        { new SparseExerciseOptions { Amount = 1.5 }, "amount" },
        { new SparseExerciseOptions { Amount = double.NaN }, "amount" },
        { new SparseExerciseOptions { Amount = 0.5, Scope = "2:4" }, "2:4" },
        { new SparseExerciseOptions { Scope = "row" }, "'row'" },
        { new SparseExerciseOptions { Scope = "channel" }, "batch norms" },
        { new SparseExerciseOptions { SamRho = 0 }, "--sam-rho" },
        { new SparseExerciseOptions { SamRho = double.NaN }, "--sam-rho" },
        { new SparseExerciseOptions { FinetuneEpochs = 0 }, "--finetune-epochs" },
        { new SparseExerciseOptions { Directions = -1 }, "--directions" },
        { new SparseExerciseOptions { Seeds = 0 }, "--seeds" },
        { new SparseExerciseOptions { BatchSize = 1 }, "--batch-size" },
        { new SparseExerciseOptions { DataFraction = double.NaN }, "--data-fraction" },
        { new SparseExerciseOptions { LearningRate = double.PositiveInfinity }, "--lr" },
        { new SparseExerciseOptions { Momentum = 1 }, "Momentum" },
        { new SparseGridOptions { Fractions = [] }, "--fractions" },
        { new SparseGridOptions { Fractions = [0.5, 0.5] }, "twice" },
        { new SparseGridOptions { Fractions = [1.5] }, "1.5" },
        { new SparseGridOptions { Scope = "2:4" }, "2:4" },
        { new SparseGridOptions { SamRho = [0.1, 0.1] }, "twice" },
        { new SparseGridOptions { SamRho = [0] }, "radius" },
        { new SparseGridOptions { Dense = [] }, "--dense" },
        { new SparseSensitivityOptions { Fractions = [-0.1] }, "-0.1" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void What_cannot_be_used_is_told(SparseOptions options, string part) => Assert.Contains(part, string.Join(" ", options.Problems()), StringComparison.Ordinal);

    [Fact]
    public void The_defaults_are_those_of_the_exercise()
    {
        var options = new SparseExerciseOptions();
        Assert.Empty(options.Problems());
        Assert.Empty(new SparseGridOptions().Problems());
        Assert.Empty(new SparseSensitivityOptions().Problems());
        Assert.Equal(("mnist", 0.1, 10, 3, 0.05, 0.05, 0.5), (options.DataSet, options.DataFraction, options.Epochs, options.FinetuneEpochs, options.LearningRate, options.SamRho, options.Share));
        Assert.Equal(0.25, (options with { Scope = "3:4" }).Share);
        // Exactly the names of the command line.
        Assert.All(options.Resolved().Keys.Concat(new SparseGridOptions().Resolved().Keys), name => Assert.Matches("^[a-z]+(-[a-z]+)*$", name));
    }
}
