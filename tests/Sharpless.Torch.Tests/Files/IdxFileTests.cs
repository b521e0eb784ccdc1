using System.Buffers.Binary;
using System.IO.Compression;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public class IdxFileTests
{
    private static byte[] Idx(uint[] shape, byte[] values, byte type = 8, byte? dimensions = null)
    {
        byte[] lengths = new byte[4 * shape.Length];
        for (int d = 0; d < shape.Length; d++) BinaryPrimitives.WriteUInt32BigEndian(lengths.AsSpan(4 * d), shape[d]);
        return [0, 0, type, dimensions ?? (byte)shape.Length, .. lengths, .. values];
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var stream = new GZipStream(compressed, CompressionLevel.Optimal)) stream.Write(bytes);
        return compressed.ToArray();
    }

    private static IdxFile Read(byte[] bytes, long memoryLimit = RawFiles.Megabyte) =>
        IdxFile.Read(new MemorySource(bytes), new FilePlace("attack.idx"), new ArrayFileOptions { MemoryLimit = memoryLimit });

    private static void AssertRefused(byte[] bytes, string text)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<InvalidDataException>(() => Read(bytes)).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * RawFiles.Megabyte);
        Assert.StartsWith("attack.idx", message, StringComparison.Ordinal);
        Assert.Contains(text, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Images_and_labels_are_read_plain_and_gzipped()
    {
        byte[] values = [.. Enumerable.Range(0, 24).Select(i => (byte)(11 * i))];
        foreach (byte[] bytes in (byte[][])[Idx([2, 3, 4], values), Gzip(Idx([2, 3, 4], values))])
        {
            IdxFile idx = Read(bytes);
            Assert.Equal([2, 3, 4], idx.Shape);
            Assert.Equal(values, idx.Values);
        }
        Assert.Equal([24], Read(Idx([24], values)).Shape);
    }

    [Fact]
    public void A_file_is_read_by_its_path()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, Gzip(Idx([3], [1, 2, 3])));
        Assert.Equal([1, 2, 3], IdxFile.Read(path).Values);
        File.Delete(path);
    }

    [Fact]
    public void Another_format_or_element_type_is_refused()
    {
        AssertRefused([], "an empty file");
        AssertRefused([0, 0, 8], "the start of an idx file");
        AssertRefused(Idx([2], [1, 2], type: 0x0D), "00000D01");
        AssertRefused(Idx([], [1]), "dimensions");
        AssertRefused(Idx([1], [1], dimensions: 255), "dimensions");
        AssertRefused([0x93, .. "NUMPY"u8], "an npy array");
    }

    [Fact]
    public void Too_few_and_too_many_bytes_are_refused()
    {
        AssertRefused(Idx([2, 3], new byte[5]), "cut off");
        AssertRefused(Idx([2, 3], new byte[7]), "more bytes");
        AssertRefused(Gzip(Idx([2, 3], new byte[5])), "cut off");
        AssertRefused(Gzip(Idx([2, 3], new byte[7])), "more bytes");
        AssertRefused(Idx([2, 3], [])[..9], "cut off");
    }

    [Fact]
    public void Shapes_that_overflow_or_exceed_the_memory_limit_are_refused_before_allocation()
    {
        AssertRefused(Idx([0x80000000, 0x80000000, 0x80000000], [1]), "below 2^63");
        AssertRefused(Idx([0x80000000, 0x80000000, 0x80000000, 0], []), "below 2^63");
        AssertRefused(Idx([0xFFFFFFFF], [1]), "can hold");
        AssertRefused(Gzip(Idx([0x7FFFFFFF], [1])), "can hold");
        AssertRefused(Gzip(Idx([2 << 20], new byte[2 << 20])), "memory limit");
    }

    [Fact]
    public void A_gzip_bomb_behind_a_small_shape_is_not_unpacked() =>
        AssertRefused(Gzip(Idx([2, 3], new byte[64 << 20])), "more bytes");

    [Fact]
    public void Every_cut_and_every_flipped_bit_of_a_gzipped_file_is_refused_or_harmless()
    {
        byte[] values = [.. Enumerable.Range(0, 200).Select(i => (byte)(i * i))];
        byte[] whole = Gzip(Idx([10, 20], values));
        for (int length = 0; length < whole.Length; length++) Assert.Throws<InvalidDataException>(() => Read(whole[..length]));
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                Assert.Equal(values, Read(flipped).Values);     // time, operating system and the like in gzip's header mean nothing
            }
            catch (InvalidDataException)
            {
            }
        }
    }
}
