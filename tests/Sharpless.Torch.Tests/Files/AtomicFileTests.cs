using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-atomic-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_failed_write_keeps_the_old_file_and_leaves_nothing_aside()
    {
        string path = Path.Combine(_folder, "a.txt");
        AtomicFile.WriteAllText(path, "old");

        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half of the n"u8);
            stream.Flush();
            throw new IOException("disk full");
        }));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void The_new_content_is_not_seen_under_the_name_before_it_is_complete()
    {
        string path = Path.Combine(_folder, "a.txt");
        AtomicFile.WriteAllText(path, "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(path));
        });
        Assert.Equal("new", File.ReadAllText(path));
    }

    [Fact]
    public void What_a_killed_process_left_aside_is_overwritten()
    {
        string path = Path.Combine(_folder, "a.txt");
        File.WriteAllText(path + AtomicFile.PartEnding, "left behind, and longer than the new content");
        AtomicFile.WriteAllText(path, "new");
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Of_two_writers_of_one_file_the_second_fails_and_the_first_is_whole()
    {
        string path = Path.Combine(_folder, "a.txt");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("first"u8);
            Assert.ThrowsAny<IOException>(() => AtomicFile.WriteAllText(path, "second"));
        });
        Assert.Equal("first", File.ReadAllText(path));
    }
}
