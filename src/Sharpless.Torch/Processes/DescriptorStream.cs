using System.Runtime.InteropServices;

namespace Sharpless.Torch.Processes;

/// <summary>
/// Writes to a file descriptor of the process, such as 1 for standard output, without a buffer. Unlike the streams of .NET's console it does not keep silent about a reader that has gone away.
/// </summary>
/// <param name="descriptor">Borrowed: it stays open.</param>
public sealed partial class DescriptorStream(int descriptor) : Stream
{
    private const int Interrupted = 4;                 // EINTR
    private const int TryAgain = 11;                   // EAGAIN: somebody made the pipe non-blocking
    private const short Writable = 4;                  // POLLOUT

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes everything.</summary>
    /// <exception cref="IOException">It cannot be written: the disk is full, the reader has gone away, the terminal is closed.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (nint written = 0; written < buffer.Length;)
            {
                nint count = write(descriptor, start + written, buffer.Length - written);
                if (count >= 0) written += count;
                else Recover(Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Recover(int error)
    {
        if (error == Interrupted) return;
        if (error != TryAgain) throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        var waiting = new PollEntry { Descriptor = descriptor, Events = Writable };
        _ = poll(ref waiting, 1, -1);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        internal int Descriptor;
        internal short Events;
        internal short Found;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollEntry entries, nuint count, int milliseconds);
}
