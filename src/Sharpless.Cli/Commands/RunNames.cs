namespace Sharpless.Cli.Commands;

/// <summary>Folders of runs that were given no name: <c>runs/TIME-NAME</c>, below the working directory.</summary>
internal static class RunNames
{
    internal static string New(string name) => Path.Combine("runs", $"{TimeProvider.System.GetLocalNow():yyyyMMdd-HHmmss}-{name}");
}
