using System.Globalization;
using Sharpless.Data;

namespace Sharpless.Cli.Report;

/// <summary>
/// Final values of the runs behind the figures of arXiv:2305.16292, from the stored output of its notebook: resnet18 of width 64, batch 256,
/// 200 epochs, seed 0, one run for each ρ. Feature rank and kNN error at block3; the kNN error is that of the transfer set.
/// </summary>
internal static class PublishedResults
{
    private static readonly Recipe Minimal = new("minimal", 0.05, "constant", 0, 0), Augmented = new("augmented, state of the art", 0.1, "piecewise_05epochs", 0.9, 5e-4);

    private static readonly Row[] Rows =
    [
        new("cifar10", Minimal, 0, .0211, .1043, 5162, .6442), new("cifar10", Minimal, .1, .0041, .0780, 4544, .6332), new("cifar10", Minimal, .2, .0280, .0792, 4161, .6244),
        new("cifar10", Minimal, .4, .1480, .0989, 3219, .6523), new("cifar10", Minimal, .6, .2393, .1239, 2616, .6706),
        new("cifar10", Augmented, 0, .0017, .0522, 3720, .6481), new("cifar10", Augmented, .1, .0045, .0416, 3138, .6366), new("cifar10", Augmented, .4, .0337, .0465, 2989, .6028),
        new("cifar10", Augmented, .6, .0695, .0574, 2153, .6227), new("cifar10", Augmented, .8, .1021, .0648, 1673, .6321),
        new("cifar100", Minimal, 0, .0034, .3410, 4218, .2663), new("cifar100", Minimal, .1, .0055, .3048, 3534, .2590), new("cifar100", Minimal, .2, .0178, .2931, 3435, .2475),
        new("cifar100", Minimal, .4, .3071, .2859, 3082, .2551), new("cifar100", Minimal, .6, .7695, .3263, 2639, .2654),
        new("cifar100", Augmented, 0, .0044, .2307, 3374, .2462), new("cifar100", Augmented, .2, .0142, .2061, 2836, .2419), new("cifar100", Augmented, .6, .2465, .2132, 2434, .2361),
        new("cifar100", Augmented, .9, .2361, .2213, 1999, .2444), new("cifar100", Augmented, 1.2, .6475, .2691, 1462, .2670),
        new("tiny_imagenet", Minimal, 0, .0015, .4685, 6260, .3088), new("tiny_imagenet", Minimal, .1, .0037, .4325, 5632, .2910), new("tiny_imagenet", Minimal, .4, .4079, .4015, 5405, .2911),
        new("tiny_imagenet", Minimal, .5, .9277, .4081, 4873, .2962), new("tiny_imagenet", Minimal, .6, 1.3017, .4380, 3490, .3070),
        new("tiny_imagenet", Augmented, 0, .0094, .3509, 5979, .2827), new("tiny_imagenet", Augmented, .1, .0108, .3307, 5474, .2865), new("tiny_imagenet", Augmented, .4, .3623, .3116, 5192, .2818),
        new("tiny_imagenet", Augmented, .6, .8602, .3336, 4957, .2949), new("tiny_imagenet", Augmented, .7, .7512, .3586, 3173, .3682),
    ];

    /// <summary>The table beside the values of a group; empty where its setting is not one of the paper's.</summary>
    public static Html Render(RunGroup group)
    {
        IReadOnlyDictionary<string, string> options = group.Runs.First().Configuration.Options;
        Row[] rows = [.. Rows.Where(row => row.DataSet == options.GetValueOrDefault("dataset") && row.Recipe.IsThatOf(options))];
        if (rows.Length == 0) return Html.Empty;
        bool isTransfer = group.NeighbourDataSet == TransferSet.Of(rows[0].DataSet);
        return Html.Of($"""
            <div class="card"><div class="scroll"><table class="published">
            <caption>Beside the published values (arXiv:2305.16292, {rows[0].Recipe.Name} setting, one run for each ρ): published / here</caption>
            <thead><tr><th scope="col">ρ</th><th scope="col">n here</th><th scope="col">Train loss</th><th scope="col">Test error, %</th><th scope="col">Feature rank, block3</th><th scope="col">kNN error, block3, %</th></tr></thead>
            <tbody>
            {Html.Lines(rows.Select(row => Line(row, group.Settings.FirstOrDefault(setting => setting.Rho == row.Rho), isTransfer)))}
            </tbody>
            </table></div></div>
            """);
    }

    private static Html Line(Row row, Setting? here, bool isTransfer)
    {
        // Neighbours of another data set are another quantity than the published one.
        Setting? neighbours = isTransfer ? here : null;
        string Pair(double published, string column, Unit unit, Setting? here) => $"{Format.Cell(new Statistic(1, published, null), unit)} / {Format.Cell(here?.Latest(column), unit)}";
        return Html.Of($"""
            <tr><th scope="row">{Format.Plain(row.Rho)}</th><td>{here?.Counted.Count ?? 0}</td><td>{Pair(row.TrainLoss, "train_loss", Unit.Number, here)}</td><td>{Pair(row.TestError, "test_error", Unit.Percent, here)}</td><td>{Pair(row.Rank, "feature_rank.block3", Unit.Count, here)}</td><td>{Pair(row.KnnError, "knn_error.block3", Unit.Percent, neighbours)}</td></tr>
            """);
    }

    private sealed record Row(string DataSet, Recipe Recipe, double Rho, double TrainLoss, double TestError, double Rank, double KnnError);

    private sealed record Recipe(string Name, double LearningRate, string Schedule, double Momentum, double WeightDecay)
    {
        // Nothing but the paper's setting may stand beside the paper's values.
        internal bool IsThatOf(IReadOnlyDictionary<string, string> options)
        {
            return options.GetValueOrDefault("model") == "resnet18" && Is("model-width", 64) && Is("batch-size", 256) && Is("epochs", 200) && Is("lr-max", LearningRate)
                && options.GetValueOrDefault("lr-schedule") == Schedule && Is("momentum", Momentum) && Is("l2-reg", WeightDecay) && options.GetValueOrDefault("no-data-augm", "false") == "false";

            bool Is(string name, double value) => double.TryParse(options.GetValueOrDefault(name), CultureInfo.InvariantCulture, out double given) && given == value;
        }
    }
}
