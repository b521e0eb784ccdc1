using Google.Protobuf;

namespace Sharpless.Pretrained;

/// <summary>
/// A message of protocol buffers in a larger array: its fields one by one, without a copy of their contents.
/// </summary>
/// <param name="Bytes">The array.</param>
/// <param name="Start">Where the message begins in it.</param>
/// <param name="Length">Bytes of the message.</param>
internal readonly record struct ProtobufMessage(byte[] Bytes, int Start, int Length)
{
    /// <summary>The fields in the order of the message.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no message.</exception>
    internal IEnumerable<ProtobufField> Fields()
    {
        int end = Start + Length;
        for (int start = Start; start < end;)
        {
            using var input = new CodedInputStream(Bytes, start, end - start);
            uint tag = input.ReadTag();
            int content = (int)input.Position;
            input.SkipLastField();
            int next = (int)input.Position;
            WireFormat.WireType wire = WireFormat.GetTagWireType(tag);
            int number = WireFormat.GetTagFieldNumber(tag);
            if (wire == WireFormat.WireType.LengthDelimited)
            {
                using var length = new CodedInputStream(Bytes, content, next - content);
                content = next - length.ReadLength();
            }

            yield return new ProtobufField(number, wire, start, new ProtobufMessage(Bytes, content, next - content));
            start = next;
        }
    }

    /// <summary>The bytes as text.</summary>
    internal string Text => System.Text.Encoding.UTF8.GetString(Bytes, Start, Length);

    /// <summary>The first number in the bytes.</summary>
    internal ulong Number
    {
        get
        {
            using var input = new CodedInputStream(Bytes, Start, Length);
            return input.ReadUInt64();
        }
    }
}
