using System.Globalization;
using Sharpless.Analysis;
using Sharpless.Data.Captions;
using Sharpless.Training;

namespace Sharpless.Contrastive;

/// <summary>The evaluations of a run: <see cref="BatchEvaluation"/> on both splits, and after the last step <see cref="Retrieval"/> over the whole test split.</summary>
internal sealed class ContrastiveEvaluation(ContrastiveOptions options, PairEmbedder embedder, CaptionReader train, CaptionReader test, CancellationToken cancel = default)
{
    private const string Train = "train_";

    /// <summary>Columns of <c>metrics.csv</c> after epoch and iteration.</summary>
    internal static IReadOnlyList<string> Columns { get; } =
    [
        "learning_rate", "train_objective", "train_loss", "test_loss", "skipped_steps",
        .. new[] { "", Train }.SelectMany(prefix => new[] { "imagewise_acc", "textwise_acc" }.Select(name => prefix + name)),
        .. new[] { "", Train }.SelectMany(prefix => new[] { "image", "text" }.SelectMany(side => BatchEvaluation.Shares.Select(share => RankColumn(prefix, side, share)))),
        .. new[] { "image_to_text", "text_to_image" }.SelectMany(side => Recall.Ks.SelectMany(k => new[] { $"{side}.r{k}", $"{side}.chance{k}" })),
    ];

    /// <param name="epoch">Epochs trained.</param>
    /// <param name="state">The run so far.</param>
    /// <param name="isLast">Whether the run ends here.</param>
    internal EvaluationRecord Run(double epoch, TrainState state, bool isLast)
    {
        var values = new Dictionary<string, double> { ["learning_rate"] = options.Schedule.At(epoch), ["train_objective"] = state.Objective, ["skipped_steps"] = state.Skipped };
        Add(values, "", "test_loss", BatchEvaluation.Of(embedder, test, options, cancel));
        Add(values, Train, "train_loss", BatchEvaluation.Of(embedder, train, options, cancel));
        if (isLast)
        {
            foreach ((string column, double value) in WholeSplit().Columns()) values[column] = value;
        }

        return new EvaluationRecord(epoch, state.Iteration, values);
    }

    private Retrieval WholeSplit()
    {
        using var scope = NewDisposeScope();
        (Tensor images, Tensor texts, IReadOnlyList<string> captions) = embedder.EmbedAll(test, options.BatchSize);
        return Retrieval.Of(images, texts, captions);
    }

    private static void Add(Dictionary<string, double> values, string prefix, string lossColumn, BatchEvaluation evaluation)
    {
        values[lossColumn] = evaluation.Loss;
        values[$"{prefix}imagewise_acc"] = evaluation.ImagewiseAccuracy;
        values[$"{prefix}textwise_acc"] = evaluation.TextwiseAccuracy;
        foreach ((string side, FeatureSpectrum spectrum) in new[] { ("image", evaluation.Images), ("text", evaluation.Texts) })
        {
            foreach (double share in BatchEvaluation.Shares) values[RankColumn(prefix, side, share)] = spectrum.FeatureRank(share);
        }
    }

    private static string RankColumn(string prefix, string side, double share) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{side}_rank.{share}");
}
