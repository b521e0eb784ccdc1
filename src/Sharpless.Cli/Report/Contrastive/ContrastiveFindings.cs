namespace Sharpless.Cli.Report.Contrastive;

/// <summary>What a group of image-text runs shows, in sentences made of its numbers.</summary>
internal static class ContrastiveFindings
{
    private static readonly ContrastiveQuantity[] Told = [ContrastiveQuantity.ImageRank, ContrastiveQuantity.TextRank, ContrastiveQuantity.Imagewise, ContrastiveQuantity.PictureOfText];

    /// <summary>One sentence or more.</summary>
    public static IEnumerable<string> Of(ContrastiveGroup group)
    {
        ContrastiveSetting first = group.Settings[0], last = group.Settings[^1];
        ContrastiveQuantity found = ContrastiveQuantity.PictureOfText;
        ContrastiveQuantity[] told =
            [.. group.Settings.Count < 2 ? [] : Told.Where(quantity => IsFinite(first, quantity) && IsFinite(last, quantity))];
        ContrastiveSetting? best =
            group.Settings.Where(setting => IsFinite(setting, found)).MaxBy(setting => setting.Latest(found.Column)!.Mean);
        // The best setting is chosen among all, so each of the others is looked at.
        PairedDifference[] others =
        [
            .. best is null ? [] : group.Settings.Where(setting => setting != best && IsFinite(setting, found))
                .Select(setting => best.Against(setting, found)).OfType<PairedDifference>(),
        ];
        int judged = told.Select(quantity => last.Against(first, quantity)).Concat(others).Count(look => look is { IsJudged: true });

        foreach (ContrastiveQuantity quantity in told)
        {
            string from = Format.Value(first.Latest(quantity.Column), quantity.Unit);
            string to = Format.Value(last.Latest(quantity.Column), quantity.Unit);
            yield return $"{quantity.Name}: {from} at {first.Name}, {to} at {last.Name}; {Way(last.Against(first, quantity)?.Among(judged))}.";
        }

        if (best?.Latest("text_to_image.chance1") is { Mean: > 0 } chance)
        {
            Statistic mean = best.Latest(found.Column)!;
            int apart = others.Count(difference => difference.Among(judged).IsAbove);
            bool isChosen = group.Settings.Count > 1;
            yield return $"The picture of a held-out text is found at once {(isChosen ? "most often, by the mean, " : "")}at {best.Name}: "
                + $"{Format.Value(mean, Unit.Percent)}, {Format.Value(mean.Mean / chance.Mean, Unit.Number)} times what chance gives."
                + (isChosen ? $" Of the {group.Settings.Count - 1} other settings {apart} {(apart == 1 ? "is" : "are")} told apart from it." : "");
        }

        yield return $"n = {string.Join(", ", group.Settings.Select(setting => $"{setting.Counted.Count} at {setting.Name}"))}; "
            + "± is the sample standard deviation over seeds."
            + (judged > 0 ? $" In brackets, last setting minus first: {PairedDifference.Method(judged)}; of percentages in points." : "");
    }

    private static string Way(PairedDifference? difference) => difference switch
    {
        { IsAbove: true } => $"rises ({difference})",
        { IsBelow: true } => $"falls ({difference})",
        { IsJudged: true } => $"undecided ({difference})",
        { } => "undecided (one seed: no spread is known)",
        null => "undecided (no seed in common)",
    };

    private static bool IsFinite(ContrastiveSetting setting, ContrastiveQuantity quantity) =>
        setting.Latest(quantity.Column) is { IsFinite: true };
}
