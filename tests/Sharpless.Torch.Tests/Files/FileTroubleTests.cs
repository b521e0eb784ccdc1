using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

/// <summary>Each cause of a failed write has words of its own.</summary>
public class FileTroubleTests
{
    [Fact]
    public void A_full_disk_is_called_full()
    {
        // The device that is always full.
        var error = Assert.ThrowsAny<IOException>(() =>
        {
            using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(new byte[16]);
        });
        (string message, string hint) = FileTrouble.Explain(error);
        Assert.StartsWith("The disk is full", message, StringComparison.Ordinal);
        Assert.Contains("/dev/full", message, StringComparison.Ordinal);
        Assert.Contains("--resume", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_another_holds_is_called_in_use()
    {
        string path = Path.GetTempFileName();
        using (new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None))
        {
            var error = Assert.ThrowsAny<IOException>(() => new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None));
            Assert.True(FileTrouble.IsLocked(error));
            Assert.StartsWith("Another process uses the file", FileTrouble.Explain(error).Message, StringComparison.Ordinal);
        }

        File.Delete(path);
    }

    [Theory]
    [InlineData(30, "The file system is read-only")]
    [InlineData(122, "The disk quota is used up")]
    [InlineData(27, "The file would be larger")]
    [InlineData(5, "The disk reports an error")]
    [InlineData(13, "There is no permission")]
    public void Other_causes_are_told_by_the_systems_number(int number, string words)
    {
        var error = new IOException("text : '/path'") { HResult = number };
        Assert.False(FileTrouble.IsLocked(error));
        Assert.StartsWith($"{words}", FileTrouble.Explain(error).Message, StringComparison.Ordinal);
        Assert.EndsWith(": text : '/path'", FileTrouble.Explain(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_without_permission_is_called_so()
    {
        var error = new UnauthorizedAccessException("Access to the path '/path' is denied.", new IOException("Permission denied") { HResult = 13 });
        Assert.StartsWith("There is no permission", FileTrouble.Explain(error).Message, StringComparison.Ordinal);
        Assert.StartsWith("There is no permission", FileTrouble.Explain(new UnauthorizedAccessException("Access to the path '/path' is denied.")).Message, StringComparison.Ordinal);
    }
}
