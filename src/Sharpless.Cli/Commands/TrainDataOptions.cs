using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: on what, from where.</summary>
internal static class TrainDataOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.Add(
            TextOption.Word(
                "--dataset",
                $"Data set: {string.Join(", ", DataSets.Known.OfType<KnownImages>().Select(set => set.Name))}, npz:FILE (npz-nhwc:FILE or npz-nchw:FILE to say the order of its dimensions) or folder:DIR.",
                defaults.DataSet, "NAME"),
            (train, name) => train with { DataSet = name });
        table.Add(
            TextOption.Word("--norm", "Constants that pixels are normalized with: original (those of the published program) or dataset (the set's own).", "original", "CHOICE", "original", "dataset"),
            (train, choice) => train with { Normalization = Enum.Parse<NormalizationChoice>(choice, ignoreCase: true) });
        table.Add(NumberOption.Integer("--epochs", "Epochs of training.", defaults.Epochs), (train, epochs) => train with { Epochs = epochs });
        table.Add(NumberOption.Integer("--batch-size", "Examples in a batch.", defaults.BatchSize, minimum: 1), (train, size) => train with { BatchSize = size });
        table.Add(
            NumberOption.Real("--frac-train", "Share of the training examples used, the first ones that are not for validation.", defaults.TrainShare, value => value is > 0 and <= 1, "above 0 and at most 1"),
            (train, share) => train with { TrainShare = share });
        table.Add(
            NumberOption.Real("--frac-val", "Share of the examples used that is set aside for the validation error, of data sets that bring none of their own.", defaults.ValidationShare, value => value is >= 0 and < 1, "from 0 to below 1"),
            (train, share) => train with { ValidationShare = share });
        table.Add(
            TextOption.Word("--batch-order", "Order of the training examples.", "random", "ORDER", "random", "sequential"),
            (train, order) => train with { BatchOrder = Enum.Parse<BatchOrder>(order, ignoreCase: true) });
        Option<string> init = TextOption.Word("--init", "Weights to start from: a safetensors file with the names of PyTorch's state_dict, or the folder of a run.", "", "FILE");
        init.Aliases.Add("--model-path");
        table.Add(init, (train, path) => train with { InitialWeights = path });
        table.Add(
            TextOption.Word("--mask", "Which of these weights are pruned and stay 0: those of the mask FILE beside them (if it is there), the exact zeros, or none.", "file", "SOURCE", "file", "zeros", "none"),
            (train, source) => train with { Mask = Enum.Parse<MaskSource>(source, ignoreCase: true) });
        table.AddFlag(
            "--freeze-bn-stats", "Batch norm normalizes with its running statistics in training too, and never moves them (mean 0, variance 1 at the start).",
            (train, on) => train with { FreezesStatistics = on });
        table.Add(
            TextOption.Word("--freeze-bn-mode", "What it then normalizes with: running (those statistics, as published) or batch (those of each batch; the running ones, kept from --init, serve evaluations).", "running", "MODE", "running", "batch"),
            (train, mode) => train with { FrozenNormalization = Enum.Parse<FrozenNormalization>(mode, ignoreCase: true) });
        table.AddFlag(
            "--skip-first-look", "Do not look at a batch before the first evaluation; the published program does, which moves batch-norm statistics.",
            (train, on) => train with { SkipsFirstLook = on });
        table.Add(
            NumberOption.Integer("--save-model-each-k-epochs", "Epochs from one snapshot of the weights to the next; 0 for none.", defaults.SnapshotPeriod),
            (train, period) => train with { SnapshotPeriod = period });
    }
}
