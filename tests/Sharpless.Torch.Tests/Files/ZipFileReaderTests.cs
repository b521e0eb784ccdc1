using System.IO.Compression;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

// What the directory refuses is tested with the npz files (HostileNpzTests).
public sealed class ZipFileReaderTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly byte[] _content = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i / 7))];

    public ZipFileReaderTests()
    {
        using ZipArchive archive = new(File.Create(_path), ZipArchiveMode.Create);
        Add("b/stored", CompressionLevel.NoCompression);
        Add("a", CompressionLevel.Optimal);

        void Add(string name, CompressionLevel level)
        {
            using Stream stream = archive.CreateEntry(name, level).Open();
            stream.Write(_content);
        }
    }

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Members_are_read_by_many_threads()
    {
        using ZipFileReader archive = ZipFileReader.Open(_path);
        Assert.Equal(["b/stored", "a"], archive.Names);
        Parallel.For(0, 100, i => Assert.Equal(_content, archive.Read(archive.Names[i % 2])));
    }

    [Theory, InlineData("b/stored"), InlineData("a")]
    public void A_member_that_is_not_what_its_checksum_says_is_refused(string name)
    {
        byte[] bytes = File.ReadAllBytes(_path);
        // The local header ends with the name; the data follow.
        bytes[LocalHeader(bytes, name == "a" ? 1 : 0) + 30 + name.Length + 20] ^= 0x40;
        File.WriteAllBytes(_path, bytes);
        using ZipFileReader archive = ZipFileReader.Open(_path);
        Assert.Contains($"'{name}', byte ", Assert.Throws<InvalidDataException>(() => archive.Read(name)).Message, StringComparison.Ordinal);
        Assert.Equal(_content, archive.Read(name == "a" ? "b/stored" : "a"));
    }

    [Fact]
    public void A_member_beyond_the_memory_limit_is_refused()
    {
        using ZipFileReader archive = ZipFileReader.Open(_path, new ArrayFileOptions { MemoryLimit = 4999 });
        Assert.Contains("5000 bytes; expected at most 4999", Assert.Throws<InvalidDataException>(() => archive.Read("a")).Message, StringComparison.Ordinal);
        Assert.Contains("no member of this name", Assert.Throws<InvalidDataException>(() => archive.Read("c")).Message, StringComparison.Ordinal);
    }

    // Offset of the local header of a member, by its place.
    private static int LocalHeader(byte[] bytes, int place)
    {
        int at = -1;
        for (int i = 0; i <= place; i++) at = at + 1 + bytes.AsSpan(at + 1).IndexOf("PK\u0003\u0004"u8);
        return at;
    }
}
