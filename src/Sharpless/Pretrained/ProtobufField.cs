using Google.Protobuf;

namespace Sharpless.Pretrained;

/// <summary>A field of a message of protocol buffers.</summary>
/// <param name="Number">Which field.</param>
/// <param name="Wire">How it is stored.</param>
/// <param name="Start">Where it begins, with its tag, in the array of <paramref name="Content"/>.</param>
/// <param name="Content">What it holds; of texts and messages without their length.</param>
internal readonly record struct ProtobufField(int Number, WireFormat.WireType Wire, int Start, ProtobufMessage Content)
{
    /// <summary>The whole field with its tag.</summary>
    internal ReadOnlySpan<byte> Whole => Content.Bytes.AsSpan(Start, Content.Start + Content.Length - Start);

    /// <summary>Whether it is a text or a message with this number.</summary>
    internal bool IsMessage(int number) => Number == number && Wire == WireFormat.WireType.LengthDelimited;
}
