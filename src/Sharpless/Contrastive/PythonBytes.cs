using System.Text;

namespace Sharpless.Contrastive;

/// <summary>How Python prints a text that is kept as UTF-8 bytes: what the published training tokenizes in its place.</summary>
public static class PythonBytes
{
    /// <summary><c>repr(text.encode())</c>: <c>b'...'</c>, in double quotes where the text has single quotes and no double ones.</summary>
    public static string Literal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var literal = new StringBuilder().Append('b').Append(quote);
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            _ = value switch
            {
                (byte)'\t' => literal.Append("\\t"),
                (byte)'\n' => literal.Append("\\n"),
                (byte)'\r' => literal.Append("\\r"),
                (byte)'\\' => literal.Append("\\\\"),
                _ when value == quote => literal.Append('\\').Append(quote),
                >= 0x20 and < 0x7F => literal.Append((char)value),
                _ => literal.Append("\\x").Append(Convert.ToHexStringLower([value])),
            };
        }

        return literal.Append(quote).ToString();
    }
}
