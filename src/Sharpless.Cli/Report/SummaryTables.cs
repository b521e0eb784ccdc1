namespace Sharpless.Cli.Report;

/// <summary>Tables with one row per ρ: losses and errors, then each quantity by tap.</summary>
internal static class SummaryTables
{
    private static readonly Quantity[] OfTheNetwork =
    [
        Quantity.TrainLoss, Quantity.TrainError, Quantity.CleanError, Quantity.NoisyError, Quantity.ValidationError, Quantity.TestLoss, Quantity.TestError, Quantity.AveragedTestError,
    ];

    private static readonly Quantity[] Sharpness = [Quantity.SharpnessSmall, Quantity.SharpnessErrorSmall, Quantity.SharpnessLarge, Quantity.SharpnessErrorLarge];

    /// <summary>The tables; quantities that no run measured are left out.</summary>
    public static Html Render(RunGroup group) => Html.Of($"""
        <h3 class="part">Final values</h3>
        <div class="tables">
        {Table(group, "Losses and errors", OfTheNetwork)}
        {Table(group, "Sharpness", Sharpness)}
        {Html.Lines(Quantity.OfTheTaps.Select(quantity => Table(group, InUnit($"{group.NameOf(quantity)} by tap", quantity.Unit), [.. group.Taps.Select(tap => (tap, quantity.At(tap), quantity.Unit))])))}
        </div>
        """);

    private static Html Table(RunGroup group, string caption, Quantity[] quantities) =>
        Table(group, caption, [.. quantities.Select(quantity => (InUnit(quantity.Name, quantity.Unit), quantity.Column, quantity.Unit))]);

    // The unit stands once above its numbers, not in every cell.
    private static string InUnit(string name, Unit unit) => unit == Unit.Percent ? $"{name}, %" : name;

    private static Html Table(RunGroup group, string caption, (string Name, string Column, Unit Unit)[] columns)
    {
        columns = [.. columns.Where(column => group.Settings.Any(setting => setting.Latest(column.Column) is not null))];
        return columns.Length == 0 ? Html.Empty : Html.Of($"""
            <div class="card"><div class="scroll"><table>
            <caption>{caption}</caption>
            <thead><tr><th scope="col">ρ</th><th scope="col">n</th>{Html.Each(columns, column => $"<th scope=\"col\">{column.Name}</th>")}</tr></thead>
            <tbody>
            {Html.Lines(group.Settings.Select(setting => Html.Of($"""<tr><th scope="row">{Format.Plain(setting.Rho)}</th><td>{setting.Counted.Count}</td>{Html.Each(columns, column => $"<td>{Format.Cell(setting.Latest(column.Column), column.Unit)}</td>")}</tr>""")))}
            </tbody>
            </table></div></div>
            """);
    }
}
