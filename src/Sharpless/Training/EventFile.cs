using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace Sharpless.Training;

/// <summary>A TensorBoard event file of scalars: records of length, checksum, protocol-buffer message, checksum.</summary>
/// <remarks>Message layout: tensorflow/core/util/event.proto and summary.proto; framing: tensorflow/core/lib/io/record_writer.</remarks>
internal sealed class EventFile : IDisposable
{
    // Field numbers of the two messages, with their wire types.
    private static readonly uint WallTime = WireFormat.MakeTag(1, WireFormat.WireType.Fixed64);
    private static readonly uint Step = WireFormat.MakeTag(2, WireFormat.WireType.Varint);
    private static readonly uint FileVersion = WireFormat.MakeTag(3, WireFormat.WireType.LengthDelimited);
    private static readonly uint Summary = WireFormat.MakeTag(5, WireFormat.WireType.LengthDelimited);
    private static readonly uint SummaryValue = WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited);
    private static readonly uint ValueTag = WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited);
    private static readonly uint ValueSimple = WireFormat.MakeTag(2, WireFormat.WireType.Fixed32);

    private readonly FileStream _file;
    private readonly ContentHash _hash;

    private EventFile(FileStream file, ContentHash hash) => (_file, _hash) = (file, hash);

    /// <summary>Bytes written so far; a checkpoint notes it, so that a resumed run can drop what came after.</summary>
    internal long Length => _file.Length;

    /// <summary>Hash of these bytes.</summary>
    internal string Hash => _hash.Text;

    /// <summary>Opens the event file of a run folder, or starts one.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="state">Says which bytes to keep of an earlier start; none to start anew. Where they are not as they were written, the file is made again.</param>
    /// <param name="rows">What those bytes tell.</param>
    internal static EventFile Open(string folder, TrainState state, IReadOnlyList<EvaluationRecord> rows)
    {
        const string Pattern = "events.out.tfevents.*";
        string path = Directory.EnumerateFiles(folder, Pattern).FirstOrDefault()
            ?? Path.Combine(folder, Pattern.Replace("*", $"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}.sharpless", StringComparison.Ordinal));
        ContentHash hash = File.Exists(path) ? ContentHash.OfStart(path, state.EventBytes) : new ContentHash();
        bool isWhole = state.EventBytes > 0 && File.Exists(path) && new FileInfo(path).Length >= state.EventBytes && hash.Text == state.EventHash;
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        file.SetLength(isWhole ? state.EventBytes : 0);
        file.Seek(0, SeekOrigin.End);
        var events = new EventFile(file, isWhole ? hash : new ContentHash());
        if (!isWhole)
        {
            events.Write(message =>
            {
                message.WriteTag(FileVersion);
                message.WriteString("brain.Event:2");
            });
            foreach (EvaluationRecord row in rows) events.Write(row);
        }

        return events;
    }

    /// <summary>Adds the quantities of an evaluation.</summary>
    internal void Write(EvaluationRecord evaluation)
    {
        foreach ((string name, double value) in evaluation.Values)
        {
            ByteString entry = Message(message =>
            {
                message.WriteTag(ValueTag);
                message.WriteString(name.Replace('.', '/'));
                message.WriteTag(ValueSimple);
                message.WriteFloat((float)value);
            });
            ByteString summary = Message(message =>
            {
                message.WriteTag(SummaryValue);
                message.WriteBytes(entry);
            });
            Write(message =>
            {
                message.WriteTag(Step);
                message.WriteInt64(evaluation.Iteration);
                message.WriteTag(Summary);
                message.WriteBytes(summary);
            });
        }

        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private void Write(Action<CodedOutputStream> fields)
    {
        byte[] content = Message(message =>
        {
            message.WriteTag(WallTime);
            message.WriteDouble(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
            fields(message);
        }).ToByteArray();
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)content.Length);
        Put(length);
        PutChecksum(length);
        Put(content);
        PutChecksum(content);
        _file.Flush();
    }

    private static ByteString Message(Action<CodedOutputStream> fields)
    {
        using var bytes = new MemoryStream();
        using (var message = new CodedOutputStream(bytes, leaveOpen: true)) fields(message);
        return ByteString.CopyFrom(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    // CRC-32C, rotated and shifted, because checksums of data that hold checksums are weak.
    private void PutChecksum(byte[] bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes) crc = BitOperations.Crc32C(crc, value);
        crc = ~crc;
        byte[] masked = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(masked, BitOperations.RotateRight(crc, 15) + 0xA282EAD8);
        Put(masked);
    }

    private void Put(byte[] bytes)
    {
        _file.Write(bytes);
        _hash.Write(bytes);
    }
}
