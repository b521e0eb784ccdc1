using Sharpless.Cli.Hosting;
using Sharpless.Data;
using Sharpless.Data.Augmentation;
using Sharpless.Training;

namespace Sharpless.Cli.Commands;

/// <summary>Options of a training run: how examples are varied, and made wrong.</summary>
internal static class TrainAugmentationOptions
{
    internal static void AddTo(TrainOptionTable table, TrainOptions defaults)
    {
        table.AddFlag("--no-data-augm", "Train on the images as they are.", (train, on) => train with { NoAugmentation = on });
        table.AddFlag("--randaug", "RandAugment before crop and flip: two of sixteen operations, at magnitude 14 of 30.", (train, on) => train with { RandAugments = on });
        table.Add(
            TextOption.Word("--randaug-scale", "Ranges of RandAugment in pixels and bits: as published (shifts of 47 pixels blank a small image), or scaled to the image.", "original", "SCALE", "original", "scaled"),
            (train, scale) => train with { RandAugmentScale = Enum.Parse<RandAugmentScale>(scale, ignoreCase: true) });
        table.AddFlag("--repeated-aug", "Two augmentations of each example in a batch, which doubles it.", (train, on) => train with { RepeatedAugmentation = on });
        table.Add(
            NumberOption.Real("--mixup-p", "Parameter alpha of mixup; 0 for none.", defaults.MixupAlpha, value => value >= 0, "0 or more"),
            (train, alpha) => train with { MixupAlpha = alpha });
        table.Add(
            NumberOption.Real("--p-label-noise", "Share of the training examples that get a wrong label, drawn once.", defaults.LabelNoiseShare, value => value is >= 0 and <= 1, "from 0 to 1"),
            (train, share) => train with { LabelNoiseShare = share });
        table.Add(
            TextOption.Word("--noise-type", "How the wrong label is chosen: sym among all others, asym the class that is mistaken for the right one.", "sym", "TYPE", "sym", "asym"),
            (train, kind) => train with { LabelNoiseKind = kind == "asym" ? LabelNoiseKind.Asymmetric : LabelNoiseKind.Symmetric });
    }
}
