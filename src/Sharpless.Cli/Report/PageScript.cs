namespace Sharpless.Cli.Report;

/// <summary>A script of ours beside report.js, for what is no plot.</summary>
/// <param name="Script">Its text.</param>
/// <param name="DataId">Unique on the page: the element that holds its data as JSON.</param>
/// <param name="Data">What it draws.</param>
internal sealed record PageScript(string Script, string DataId, object Data);
