using Sharpless.Torch.Processes;

namespace Sharpless.Cli.Hosting;

/// <summary>
/// Standard output and standard error, which must never end work: what cannot be written (a full disk, a reader that went away, a closed terminal) is dropped. A result that was lost is told
/// at the end; progress that was lost is nothing.
/// </summary>
internal sealed class StandardStreams
{
    private readonly LossyStream _output;

    private StandardStreams(LossyStream output) => _output = output;

    /// <summary>Takes the place of the console's own streams, which throw from the midst of a run.</summary>
    internal static StandardStreams Take()
    {
        bool hasOutput = UnixProcess.IsInherited(1), hasErrors = UnixProcess.IsInherited(2);
        UnixProcess.OccupyStandardStreams();
        var streams = new StandardStreams(new LossyStream(hasOutput ? new DescriptorStream(1) : null));
        // Through the console's own properties: that is how terminals are recognized.
        Console.SetOut(Writer(streams._output));
        Console.SetError(Writer(new LossyStream(hasErrors ? new DescriptorStream(2) : null)));
        return streams;
    }

    /// <summary>The exit code of a command whose result may have been lost: then 1 takes the place of 0.</summary>
    internal int ExitCodeFor(int code)
    {
        if (code != ExitCode.Done || _output.Loss is not { } loss) return code;
        ErrorReport.Write(
            $"The result could not be written to standard output: {loss}.",
            "What the command saved is complete. Give it another standard output; a training run tells its result again with --resume.", json: false, Console.Out, Console.Error);
        return ExitCode.Failed;
    }

    private static StreamWriter Writer(Stream stream) => new(stream, Console.OutputEncoding) { AutoFlush = true };

    /// <summary>Writes while it can, and remembers why it could not. Null for a stream that was closed from the start.</summary>
    private sealed class LossyStream(DescriptorStream? stream) : Stream
    {
        internal string? Loss { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                if (stream is null) Loss ??= "it is closed";
                else stream.Write(buffer);
            }
            catch (IOException error)
            {
                Loss ??= error.Message;
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
