using System.Globalization;
using Sharpless.Cli.Hosting;
using Sharpless.Data.Pictures;
using Sharpless.Pretrained;
using Sharpless.Weights;

namespace Sharpless.Cli.Commands;

/// <summary>What <c>sharpless pretrained-rank</c> found about one checkpoint, for scripts and for people.</summary>
internal sealed record PretrainedRankOutcome
{
    /// <summary>The checkpoint as it was named.</summary>
    internal required string Model { get; init; }

    internal required string Split { get; init; }

    internal required PictureFolder Pictures { get; init; }

    internal required PretrainedRankOptions Options { get; init; }

    internal required Precision Precision { get; init; }

    internal required IReadOnlyList<double> Thresholds { get; init; }

    internal required PretrainedRankResult Result { get; init; }

    internal required double Seconds { get; init; }

    /// <summary>The JSON document.</summary>
    internal Dictionary<string, object?> Document => new()
    {
        ["model_path"] = Model,
        ["model"] = Result.Form is not { } form ? (object)new { Result.Kind } : new
        {
            Kind = form.Kind.ToString().ToLowerInvariant(),
            form.Layers,
            form.Width,
            form.Heads,
            form.Patch,
            form.Stride,
            form.ImageSize,
            form.Tokens,
            form.Registers,
            form.Classes,
        },
        ["data"] = Pictures.Path,
        ["split"] = Split,
        ["tokens"] = Result.Tokens,
        ["as_published"] = Options.IsAsPublished,
        ["precision"] = NameOf(Precision),
        ["examples"] = Result.Examples,
        ["skipped"] = Result.Skipped,
        ["passed_over"] = Result.PassedOver,
        ["left_out"] = Pictures.LeftOut,
        ["taps"] = Ranks.Document["taps"],
        ["accuracy"] = Result.Accuracy,
        ["seconds"] = Seconds,
        ["images_per_second"] = Result.Examples / Seconds,
    };

    /// <summary>A precision as the command line writes it.</summary>
    internal static string NameOf(Precision precision) => precision == Precision.BFloat16 ? "bf16" : "fp32";

    /// <summary>What a reader of the numbers must know.</summary>
    internal IEnumerable<string> Warnings
    {
        get
        {
            long widest = Result.Taps.Max(tap => tap.Spectrum.Dimensions);
            if (Result.Examples < widest)
            {
                string mend = Result.Examples + Result.Skipped.Count < Pictures.Names.Count ? " Raise --n-eval-batches." : "";
                yield return $"{Result.Examples} images are fewer than the {widest} features at some taps; no rank can "
                    + $"be larger than the number of images.{mend}";
            }

            int seen = Pictures.Names.Take((int)Result.Examples).Select(name => name.Split('/')[0]).Distinct().Count();
            if (Pictures.Classes.Count > 1 && seen < Pictures.Classes.Count) yield return $"the pictures, taken in the order of their names, come from {seen} of {Pictures.Classes.Count} class folders. A folder with some pictures of every class gives other ranks.";
            if (Pictures.LeftOutInWords is { } leftOut) yield return leftOut;
            if (Result.Skipped.Count > 0) yield return $"{Result.Skipped.Count} pictures could not be decoded and were left out; the first is {Result.Skipped[0]}.";
        }
    }

    /// <summary>A table for people.</summary>
    internal void Print(Session session)
    {
        string form = Result.Form is { } f ? $": {f.Kind}, {f.Layers} blocks of width {f.Width}, patches of {f.Patch}, images of {f.ImageSize}x{f.ImageSize}" : "";
        session.Output.WriteLine($"{Model}{form}");
        session.Output.WriteLine($"{Result.Examples} images of {Pictures.Path}, {Result.Tokens}");
        Ranks.Print(session);
        if (Result.Accuracy is { } accuracy) session.Output.WriteLine($"accuracy: {accuracy.ToString("0.00 %", CultureInfo.InvariantCulture)}");
        session.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Seconds:0.0} s, {Result.Examples / Seconds:0.0} images per second"));
    }

    /// <summary>The ranks at all taps.</summary>
    internal RankResult Ranks => new()
    {
        Thresholds = Thresholds,
        Centering = Options.Centering,
        Taps = [.. Result.Taps.Select(tap => new TapFeatures(tap.Tap, tap.Spectrum, null, null))],
        ListsSingularValues = false,
        CountsNothingAsPublished = Options.IsAsPublished,
    };
}
