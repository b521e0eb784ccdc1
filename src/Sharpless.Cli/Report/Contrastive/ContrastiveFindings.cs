namespace Sharpless.Cli.Report.Contrastive;

/// <summary>What a group of image-text runs shows, in sentences made of its numbers.</summary>
internal static class ContrastiveFindings
{
    private static readonly ContrastiveQuantity[] Told = [ContrastiveQuantity.ImageRank, ContrastiveQuantity.TextRank, ContrastiveQuantity.Imagewise, ContrastiveQuantity.PictureOfText];

    /// <summary>One sentence or more.</summary>
    public static IEnumerable<string> Of(ContrastiveGroup group)
    {
        ContrastiveSetting first = group.Settings[0], last = group.Settings[^1];
        if (group.Settings.Count > 1)
        {
            foreach (ContrastiveQuantity quantity in Told)
                if (first.Latest(quantity.Column) is { IsFinite: true } from && last.Latest(quantity.Column) is { IsFinite: true } to)
                    yield return $"{quantity.Name}: {Format.Value(from, quantity.Unit)} at {first.Name}, {Format.Value(to, quantity.Unit)} at {last.Name}{Apart(from, to)}.";
        }

        ContrastiveSetting? best = group.Settings.Where(setting => setting.Latest(ContrastiveQuantity.PictureOfText.Column) is { IsFinite: true })
            .MaxBy(setting => setting.Latest(ContrastiveQuantity.PictureOfText.Column)!.Mean);
        if (best?.Latest("text_to_image.chance1") is { Mean: > 0 } chance)
        {
            Statistic found = best.Latest(ContrastiveQuantity.PictureOfText.Column)!;
            yield return $"The picture of a held-out text is found at once most often at {best.Name}: {Format.Value(found, Unit.Percent)}, {Format.Value(found.Mean / chance.Mean, Unit.Number)} times what chance gives.";
        }

        yield return $"n = {string.Join(", ", group.Settings.Select(setting => $"{setting.Counted.Count} at {setting.Name}"))}; ± is the sample standard deviation over seeds.";
    }

    // Two standard errors are a usual measure of what seeds alone may do.
    private static string Apart(Statistic from, Statistic to) => Statistic.ErrorOfDifference(from, to) switch
    {
        null => " (a single seed: no spread is known)",
        var error when Math.Abs(to.Mean - from.Mean) <= 2 * error => " (within two standard errors: seeds alone may do that)",
        _ => "",
    };
}
