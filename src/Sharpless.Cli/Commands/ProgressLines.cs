namespace Sharpless.Cli.Commands;

/// <summary>
/// Writes what is being done, a line at a time. Not Progress&lt;T&gt;, which reports on another thread and so out of
/// order.
/// </summary>
internal sealed class ProgressLines(TextWriter writer) : IProgress<string>
{
    public void Report(string value) => writer.WriteLine(value);
}
