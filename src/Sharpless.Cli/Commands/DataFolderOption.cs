using System.CommandLine;

namespace Sharpless.Cli.Commands;

/// <summary><c>--data-dir</c>, the same for every command that reads data.</summary>
internal static class DataFolderOption
{
    private const string Name = "--data-dir";

    internal static Option<string?> Create() =>
        new(Name) { Description = "Folder of the data sets [default: $SHARPLESS_DATA, else ~/.local/share/sharpless].", HelpName = "DIR" };

    internal static string? Read(ParseResult parsed) => parsed.GetValue<string?>(Name);
}
