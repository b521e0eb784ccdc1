using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Sharpless.Training;

/// <summary>A TensorBoard event file of scalars: records of length, checksum, protocol-buffer message, checksum.</summary>
/// <remarks>The messages are those that TorchSharp brings; framing: tensorflow/core/lib/io/record_writer.</remarks>
internal sealed class EventFile : IDisposable
{
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
            events.Write(new Event { FileVersion = "brain.Event:2" });
            foreach (EvaluationRecord row in rows) events.Write(row);
        }

        return events;
    }

    /// <summary>Adds the quantities of an evaluation.</summary>
    internal void Write(EvaluationRecord evaluation)
    {
        foreach ((string name, double value) in evaluation.Values)
        {
            var summary = new Summary();
            summary.Value.Add(new Summary.Types.Value { Tag = name.Replace('.', '/'), SimpleValue = (float)value });
            Write(new Event { Step = evaluation.Iteration, Summary = summary });
        }

        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private void Write(Event message)
    {
        message.WallTime = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        byte[] content = message.ToByteArray();
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)content.Length);
        Put(length);
        PutChecksum(length);
        Put(content);
        PutChecksum(content);
        _file.Flush();
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
