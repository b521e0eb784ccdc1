namespace Sharpless.Cli.Hosting;

/// <summary>What the process tells the shell.</summary>
internal static class ExitCode
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int Interrupted = 130;
}
