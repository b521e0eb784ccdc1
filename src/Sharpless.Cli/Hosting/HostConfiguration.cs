using System.CommandLine;

namespace Sharpless.Cli.Hosting;

/// <summary>What a command gets from the program around it.</summary>
internal sealed class HostConfiguration : InvocationConfiguration
{
    /// <summary>How the command is asked to stop.</summary>
    internal required Interruption Interruption { get; init; }
}
