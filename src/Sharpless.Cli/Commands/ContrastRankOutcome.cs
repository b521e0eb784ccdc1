using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Contrastive;
using Spectre.Console;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless contrast-rank</c> found, for scripts and for people.</summary>
/// <param name="Run">The run's folder.</param>
/// <param name="Options">Its options.</param>
/// <param name="Split">The split that was looked at.</param>
/// <param name="Result">What was measured.</param>
/// <param name="Ranks">The ranks at all taps.</param>
/// <param name="PassedOver">What of the annotations was passed over.</param>
internal sealed record ContrastRankOutcome(string Run, ContrastiveOptions Options, string Split, ContrastiveRankResult Result, RankResult Ranks, IReadOnlyList<string> PassedOver)
{
    private const double PublishedShare = 0.99;

    /// <summary>The JSON document. Shares of active units, which the published program calls counts, are shares here too.</summary>
    internal Dictionary<string, object> Document => new()
    {
        ["run"] = Run,
        ["rho"] = Options.Rho,
        ["bottleneck_dim"] = Options.Bottleneck,
        ["split"] = Split,
        ["examples"] = Result.Examples,
        ["passed_over"] = PassedOver,
        ["taps"] = Ranks.Document["taps"],
        ["imagewise_acc"] = Result.ImagewiseAccuracy,
        ["textwise_acc"] = Result.TextwiseAccuracy,
        ["retrieval"] = new Dictionary<string, object> { ["image_to_text"] = Of(Result.Retrieval.ImageToText), ["text_to_image"] = Of(Result.Retrieval.TextToImage) },
        ["activity"] = Result.Activity.Select(activity => new Dictionary<string, object>
        {
            ["layer"] = activity.Layer,
            ["threshold"] = activity.Threshold,
            ["avg_pos_image_acts"] = activity.ActiveHidden,
            ["avg_pos_image_mlp"] = activity.ActiveOutput,
            ["n_image_acts_activated_more_than_on_10p_inputs"] = activity.UnitsActiveOn[0.1],
            ["n_image_acts_activated_more_than_on_1p_inputs"] = activity.UnitsActiveOn[0.01],
            ["n_image_acts_activated_more_than_on_0p_inputs"] = activity.UnitsActiveOn[0],
            ["n_highly_corr_image_acts"] = activity.CorrelatedUnits,
        }),
        ["n_highly_corr_final_image_embeddings"] = Result.CorrelatedEmbeddings,
        ["weight_matrix_ranks"] = Result.Kernels.ToDictionary(kernel => kernel.Name, kernel => kernel.Spectrum.FeatureRank(PublishedShare)),
    };

    /// <summary>Tables for people.</summary>
    internal void Print(Session session)
    {
        session.Output.WriteLine($"{Run}: {Result.Examples} pairs of the split {Split}; of a picture the class token, of a text the mean over its tokens");
        Ranks.Print(session);
        var activity = new Table { Border = TableBorder.Rounded };
        activity.AddColumns("block", "active, hidden", "active, MLP", "units active on > 10 %", "> 1 %", "> 0", "correlated units");
        foreach (ImageActivity of in Result.Activity)
        {
            activity.AddRow(
                of.Layer.ToString(CultureInfo.InvariantCulture), Percent(of.ActiveHidden), Percent(of.ActiveOutput), Percent(of.UnitsActiveOn[0.1]), Percent(of.UnitsActiveOn[0.01]),
                Percent(of.UnitsActiveOn[0]), of.CorrelatedUnits.ToString(CultureInfo.InvariantCulture));
        }

        session.Console.Write(activity);
        var retrieval = new Table { Border = TableBorder.Rounded };
        retrieval.AddColumns(["whole split", .. Recall.Ks.Select(k => $"recall at {k}"), .. Recall.Ks.Select(k => $"by chance at {k}")]);
        foreach ((string name, Recall recall) in new[] { ("text of a picture", Result.Retrieval.ImageToText), ("picture of a text", Result.Retrieval.TextToImage) })
        {
            retrieval.AddRow([name, .. Recall.Ks.Select(k => Percent(recall.At[k])), .. Recall.Ks.Select(k => Percent(recall.Chance[k]))]);
        }

        session.Console.Write(retrieval);
        session.Output.WriteLine($"in batches: imagewise accuracy {Percent(Result.ImagewiseAccuracy)}, textwise accuracy {Percent(Result.TextwiseAccuracy)}");
    }

    private static Dictionary<string, object> Of(Recall recall)
    {
        var document = new Dictionary<string, object>();
        foreach (int k in Recall.Ks) (document[$"r{k}"], document[$"chance{k}"]) = (recall.At[k], recall.Chance[k]);
        (document["queries"], document["candidates"]) = (recall.Queries, recall.Candidates);
        return document;
    }

    private static string Percent(double share) => share.ToString("0.## %", CultureInfo.InvariantCulture);
}
