namespace Sharpless.Data.Captions;

/// <summary>JSON as Python writes it: where a number is none it holds NaN, Infinity or -Infinity, which JSON does not know.</summary>
internal static class PythonJson
{
    private static readonly byte[][] NoNumbers = ["NaN"u8.ToArray(), "-Infinity"u8.ToArray(), "Infinity"u8.ToArray()];

    /// <summary>The text with null in the place of these words; null where it has none of them. Texts in quotes stay as they are.</summary>
    public static byte[]? WithNulls(ReadOnlySpan<byte> text)
    {
        MemoryStream? plain = null;
        int copied = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '"') at = EndOfString(text, at);
            else if (text[at] is (byte)'N' or (byte)'I' or (byte)'-' && Length(text[at..]) is > 0 and int length)
            {
                plain ??= new MemoryStream(text.Length + 1024);
                plain.Write(text[copied..at]);
                plain.Write("null"u8);
                copied = at + length;
                at = copied - 1;
            }
        }

        plain?.Write(text[copied..]);
        return plain?.ToArray();
    }

    private static int Length(ReadOnlySpan<byte> text)
    {
        foreach (byte[] word in NoNumbers)
            if (text.StartsWith(word)) return word.Length;
        return 0;
    }

    // Of the closing quote; beyond the end where there is none.
    private static int EndOfString(ReadOnlySpan<byte> text, int at)
    {
        for (at++; at < text.Length && text[at] != '"'; at++)
            if (text[at] == '\\') at++;
        return at;
    }
}
