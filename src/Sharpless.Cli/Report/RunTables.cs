using Sharpless.Training;

namespace Sharpless.Cli.Report;

/// <summary>Where the numbers come from: every run with its raw files, the machine, and the command lines.</summary>
/// <param name="group">The runs.</param>
/// <param name="folder">Folder of the report; links are relative to it.</param>
internal sealed class RunTables(RunGroup group, string folder)
{
    private readonly RecordedConfiguration[] _configurations = [.. group.Runs.Select(run => run.Configuration)];

    /// <summary>The tables.</summary>
    public Html Render() => Html.Of($"""
        <h3 class="part">Runs and raw data</h3>
        <div class="card"><div class="scroll"><table class="runs">
        <thead><tr><th scope="col">Run</th><th scope="col">ρ</th><th scope="col">Seed</th><th scope="col">State</th><th scope="col">Test error</th><th scope="col">Skipped steps</th><th scope="col">Time</th><th scope="col">Steps/s</th><th scope="col">Raw data</th></tr></thead>
        <tbody>
        {Html.Lines(group.Runs.Select(Row))}
        </tbody>
        </table></div></div>
        <div class="card">
        {Provenance.Facts(_configurations)}
        {Provenance.CommandLines(_configurations)}
        </div>
        """);

    private Html Row(RunRecord run) => Html.Of($"""
        <tr><th scope="row">{Link(run, "", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Folder))))}</th><td>{Format.Plain(run.Rho)}</td><td>{run.Seed}</td><td>{State(run)}</td><td>{Value(run.Latest("test_error"), Unit.Percent)}</td><td>{Value(run.Latest("skipped_steps"), Unit.Count)}</td><td>{Duration(run.Result?.Seconds)}</td><td>{Value(run.Result?.StepsPerSecond, Unit.Number)}</td><td>{Files(run)}</td></tr>
        """);

    private static string State(RunRecord run) => run.IsFinished
        ? $"{(run.Result!.Divergence is null ? "finished" : "diverged")}{(run.Result!.Epochs is { } epochs ? $", {Format.Plain(epochs)} {(epochs == 1 ? "epoch" : "epochs")}" : "")}"
        : run.Evaluations.Count == 0 ? "unfinished, not evaluated yet" : $"unfinished, epoch {Format.Value(run.Evaluations[^1].Epoch, Unit.Number)}";

    private static string Value(double? value, Unit unit) => value is { } number ? Format.Value(number, unit) : Format.Missing;

    private static string Duration(double? seconds) => seconds switch
    {
        null => Format.Missing,
        < 120 => $"{Format.Value(seconds.Value, Unit.Number)} s",
        < 7200 => $"{Format.Value(seconds.Value / 60, Unit.Number)} min",
        _ => $"{Format.Value(seconds.Value / 3600, Unit.Number)} h",
    };

    private Html Files(RunRecord run) => Html.Lines(new[] { "config.json", "metrics.csv", run.IsFinished ? "result.json" : null, run.Spectra?.File }
        .OfType<string>().Select(file => Link(run, file, file)));

    private Html Link(RunRecord run, string file, string text) => Provenance.Link(Path.Combine(run.Folder, file), folder, text);
}
