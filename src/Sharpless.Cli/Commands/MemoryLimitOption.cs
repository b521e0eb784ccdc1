using System.CommandLine;
using System.Globalization;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Commands;

/// <summary><c>--memory-limit</c>, the same for every command that reads large arrays.</summary>
internal static class MemoryLimitOption
{
    private const string Name = "--memory-limit";

    internal static Option<long?> Create() => new(Name)
    {
        Description = "Memory that may be used, in bytes or as 512MB, 4GB [default: three quarters of what is free].",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (Parse(text) is long bytes) return bytes;
            result.AddError($"{Name} is '{text}'; expected a size such as 500000000, 512MB or 4GB.");
            return null;
        },
    };

    internal static ArrayFileOptions Read(ParseResult parsed) =>
        parsed.GetValue<long?>(Name) is long limit ? new ArrayFileOptions { MemoryLimit = limit } : new ArrayFileOptions();

    private static long? Parse(string text)
    {
        (string Unit, long Bytes) unit = Array.Find(
            [("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("TB", 1L << 40), ("", 1L)],
            unit => text.EndsWith(unit.Item1, StringComparison.OrdinalIgnoreCase));
        bool isNumber = double.TryParse(text[..^unit.Unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        return isNumber && number * unit.Bytes is >= 1 and < long.MaxValue ? (long)(number * unit.Bytes) : null;
    }
}
