using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Experiments.Sparse;

namespace Sharpless.Cli.Commands;

/// <summary>Options of one of the commands on sparse networks; those that all of them have come first.</summary>
/// <typeparam name="TOptions">The command's record.</typeparam>
internal sealed class SparseOptionTable<TOptions> : OptionTable<TOptions>
    where TOptions : SparseOptions, new()
{
    internal SparseOptionTable()
    {
        var defaults = new TOptions();
        Shared(TextOption.Word("--dataset", $"Data set: {string.Join(", ", DataSets.Known.OfType<KnownImages>().Select(set => set.Name))}, or npz:FILE.", defaults.DataSet, "NAME"), (options, name) => options with { DataSet = name });
        Shared(
            NumberOption.Real("--data-fraction", "Share of the data set used, for training, validation and test alike.", defaults.DataFraction, IsShareAboveZero, "above 0 and at most 1"),
            (options, share) => options with { DataFraction = share });
        Shared(NumberOption.Integer("--width", "Channels of the classifier's first convolution; the second has twice as many.", defaults.Width, minimum: 1), (options, width) => options with { Width = width });
        Shared(NumberOption.Integer("--epochs", "Epochs of the dense training.", defaults.Epochs), (options, epochs) => options with { Epochs = epochs });
        Shared(NumberOption.Integer("--batch-size", "Examples in a batch.", defaults.BatchSize, minimum: 2), (options, size) => options with { BatchSize = size });
        Shared(NumberOption.Real("--lr", "Learning rate of SGD, in all phases.", defaults.LearningRate, IsNotNegative, "0 or more"), (options, rate) => options with { LearningRate = rate });
        Shared(
            NumberOption.Real("--momentum", "Momentum of SGD.", defaults.Momentum, value => value is >= 0 and < 1, "from 0 to below 1"),
            (options, momentum) => options with { Momentum = momentum });
        Shared(
            NumberOption.Real("--weight-decay", "Weight decay over all live weights.", defaults.WeightDecay, IsNotNegative, "0 or more"),
            (options, decay) => options with { WeightDecay = decay });
        Shared(TextOption.Word("--scope", "What competes in pruning: layer, global, channel or N:M such as 2:4.", defaults.Scope, "SCOPE"), (options, scope) => options with { Scope = scope });
        Shared(NumberOption.Integer("--seeds", "Number of seeds, from --seed on.", defaults.Seeds, minimum: 1), (options, seeds) => options with { Seeds = seeds });
    }

    internal static bool IsShare(double value) => value is >= 0 and <= 1;

    private static bool IsShareAboveZero(double value) => value is > 0 and <= 1;

    private static bool IsNotNegative(double value) => value >= 0;

    // A copy of a record is of the record's own type, which the compiler cannot know here.
    private void Shared<T>(System.CommandLine.Option<T> option, Func<SparseOptions, T, SparseOptions> set) => Add(option, (options, value) => (TOptions)set(options, value));
}
