using Sharpless.Analysis;
using Sharpless.Contrastive;
using Sharpless.Data.Captions;
using Sharpless.Torch;

namespace Sharpless.Cli.Report.Contrastive;

/// <summary>Ranks and activity at every layer of a run, as columns, and what it finds for some texts.</summary>
/// <param name="Examples">Pairs that were measured.</param>
/// <param name="Taps">Taps from input to output, those of pictures first.</param>
/// <param name="Blocks">Number of blocks of the image encoder.</param>
/// <param name="Values">Values by column: <see cref="Rank"/> and the shares below.</param>
/// <param name="Queries">Texts with what is found for them.</param>
/// <param name="Reader">Reads the pictures.</param>
internal sealed record LayerMeasurement(int Examples, IReadOnlyList<string> Taps, int Blocks, IReadOnlyDictionary<string, double> Values, IReadOnlyList<TextQuery> Queries, CaptionReader Reader)
{
    private const double PublishedShare = 0.99;

    private const int QueryCount = 10, PicturesEach = 6;

    /// <summary>Shares of units, by block.</summary>
    public static IReadOnlyList<(string Column, string Name)> Activity { get; } =
        [("active_hidden", "active hidden activations"), ("active_output", "active outputs of the MLP"), ("units_on_10p", "units active on more than 10 % of the pictures"), ("units_on_1p", "units active on more than 1 %"), ("units_ever", "units active on any")];

    /// <summary>Column of the rank at a tap.</summary>
    public static string Rank(string tap) => $"rank.{tap}";

    /// <summary>Column of an activity in a block.</summary>
    public static string InBlock(string column, int block) => $"{column}.{block}";

    /// <summary>Measures a finished run on its test split.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="dataFolder">Where data sets are; null for the default.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="UsageException">The run is not finished, or its pictures are not there.</exception>
    /// <exception cref="InvalidDataException">A file of the run or a picture is damaged.</exception>
    public static LayerMeasurement Of(string folder, string? dataFolder, Device device)
    {
        using ContrastiveRun run = ContrastiveRun.Open(folder, null, device);
        CaptionReader reader = run.Read(null, run.Options.TestSplit, dataFolder);
        var options = new ContrastiveRankOptions { Layers = [], BatchSize = run.Options.BatchSize, Batches = run.Options.EvaluationBatches, Centering = run.Options.Centering };
        using ContrastiveRankResult result = ContrastiveRank.Run(run, reader, options);
        var values = new Dictionary<string, double>();
        foreach ((string tap, FeatureStore features) in result.Taps) values[Rank(tap)] = FeatureSpectrum.Of(features, options.Centering).FeatureRank(PublishedShare);
        foreach (ImageActivity block in result.Activity)
        {
            double[] shares = [block.ActiveHidden, block.ActiveOutput, block.UnitsActiveOn[0.1], block.UnitsActiveOn[0.01], block.UnitsActiveOn[0]];
            foreach (((string column, _), double share) in Activity.Zip(shares)) values[InBlock(column, block.Layer)] = share;
        }
        return new LayerMeasurement(result.Examples, [.. result.Taps.Select(tap => tap.Tap)], result.Activity.Count, values, TextQuery.First(run, reader, QueryCount, PicturesEach), reader);
    }
}
