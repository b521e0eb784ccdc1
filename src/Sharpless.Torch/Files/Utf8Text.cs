using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Sharpless.Torch.Files;

/// <summary>Text in UTF-8, as bytes of a file.</summary>
internal static class Utf8Text
{
    /// <summary>Place of the first byte that is not UTF-8; null where all are.</summary>
    public static int? FirstWrong(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return null;
        int place = 0;
        while (Rune.DecodeFromUtf8(bytes[place..], out _, out int count) == OperationStatus.Done) place += count;
        return place;
    }

    /// <summary>The text after its byte order mark, which some editors write.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> bytes) => bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
}
