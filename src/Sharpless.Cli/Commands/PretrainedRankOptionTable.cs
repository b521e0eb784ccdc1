using System.CommandLine;
using Sharpless.Cli.Hosting;
using Sharpless.Data.Pictures;
using Sharpless.Pretrained;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless pretrained-rank</c> measures, with the names and defaults of the published program where it has them.</summary>
internal sealed class PretrainedRankOptionTable : OptionTable<PretrainedRankOptions>
{
    private static readonly string[] Published = ["--return-layer", "--taps", "--no-accuracy", "--as-published"];

    internal PretrainedRankOptionTable()
    {
        var defaults = new PretrainedRankOptions();
        Add(LayersOption.Create(), (options, layers) => options with { Layers = layers });
        AddIfGiven(
            TextOption.ListOf("--taps", $"Places in each of these blocks: {string.Join(", ", LayerTaps.Places)} [default: all].", [.. LayerTaps.Places]),
            (options, places) => options with { Places = places });
        Add(NumberOption.Integer("--bs", "Images in a batch.", defaults.BatchSize, minimum: 1), (options, size) => options with { BatchSize = size });
        Add(NumberOption.Integer("--n-eval-batches", "Number of batches; the paper's values are of 100.", defaults.Batches, minimum: 1), (options, batches) => options with { Batches = batches });
        AddIfGiven(
            new Option<bool>("--avg-tokens")
            {
                Description = "Average all tokens of an image, the class token too "
                + "[default: only where the network has no class token]; of a convolution's values all positions."
            },
            (options, averages) => options with { AveragesTokens = averages });
        AddIfGiven(NumberOption.Integer("--token", "The token that stands for an image, counted from 0.", 0).WithoutDefault(), (options, token) => options with { Token = token });
        Add(
            TextOption.Word("--resize", "How pictures of other proportions are brought to the network's size: squash (as published) or crop (the middle square).", "squash", "HOW", "squash", "crop"),
            (options, fit) => options with { Fit = fit == "crop" ? PictureFit.Crop : PictureFit.Squash });
        Add(
            NormalizationOption.Create(),
            (options, text) => options with
            {
                Normalization = NormalizationOption.Read(text),
                TakesBlueFirst = text == NormalizationOption.Caffe,
            });
        AddFlag(
            "--blue-first", "The network takes blue before green and red, as those made with OpenCV do.",
            (options, isOn) => options with { TakesBlueFirst = isOn || options.TakesBlueFirst });
        AddFlag("--skip-bad-images", "Leave out pictures that cannot be decoded, and count them, instead of ending with an error.", (options, skips) => options with { SkipsDamaged = skips });
        AddFlag("--no-accuracy", "Do not measure the accuracy, which takes all blocks.", (options, leaves) => options with { MeasuresAccuracy = !leaves });
        AddFlag(
            "--as-published",
            "Repeat the published program's faults: GELU after averaging, a Mixer's block output at every tap and its corner patch unless averaged, only whole batches, rank min(n, d) + 1 of nothing.",
            (options, repeats) => options with { IsAsPublished = repeats });
        Add(SpectrumOptions.Center(), (options, center) => options with { Centering = SpectrumOptions.CenteringOf(center) });
        AddIfGiven(
            new Option<string?>("--features-out") { Description = "Also write the features: an npz file with one float32 array (N, d) per tap.", HelpName = "FILE" },
            (options, file) => options with { FeaturesFile = file });
    }

    /// <summary>Options that mean something for networks of the published families only.</summary>
    internal IReadOnlyList<Option> OfPublishedNetworks => [.. Options.Where(option => Published.Contains(option.Name))];
}
