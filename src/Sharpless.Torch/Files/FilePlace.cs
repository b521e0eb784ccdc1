using System.Globalization;
using System.Text;

namespace Sharpless.Torch.Files;

/// <summary>Names a file, and the member inside it, for error messages of one line.</summary>
internal sealed record FilePlace(string Path, string? Member = null)
{
    private const int LongestQuote = 120;

    /// <summary>A refusal: where, what was given, what was expected, how to mend it.</summary>
    public InvalidDataException Error(long offset, string given, string expected, string mend)
    {
        string member = Member is null ? "" : $", {Quote(Member)}";
        return new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture, $"{Clean(Path)}{member}, byte {offset}: {given}; expected {expected}. {mend}"));
    }

    /// <summary>A refusal of the whole file, of which no byte was read.</summary>
    public InvalidDataException Refusal(string given, string expected, string mend, Exception? cause = null) =>
        new($"{Clean(Path)}: {given}; expected {expected}. {mend}", cause);

    /// <summary>Text from outside, in quotes, short and without control characters, so that it cannot forge lines or colours.</summary>
    public static string Quote(string text) =>
        "'" + Clean(text.Length > LongestQuote ? text[..LongestQuote] + "..." : text) + "'";

    /// <summary>A shape as the field writes it: [2, 3].</summary>
    public static string Format(IEnumerable<long> shape) => "[" + string.Join(", ", shape) + "]";

    private static string Clean(string text)
    {
        if (!text.Any(IsHidden)) return text;
        var clean = new StringBuilder();
        foreach (char c in text)
        {
            if (IsHidden(c)) clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else clean.Append(c);
        }
        return clean.ToString();
    }

    private static bool IsHidden(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
