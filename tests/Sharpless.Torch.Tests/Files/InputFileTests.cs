using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public sealed class InputFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    // Each reader that takes a path.
    private static readonly Action<string>[] Readers =
    [
        path => InputFile.Open(path).Dispose(), path => InputFile.OpenRead(path).Dispose(), path => InputFile.ReadAllBytes(path), path => InputFile.ReadAllText(path), InputFile.Require,
        path => ArrayFile.Open(path).Dispose(), path => ZipFileReader.Open(path).Dispose(), path => IdxFile.Read(path), path => MatFile.Read(path),
        path => JsonFile.Parse(path).Dispose(), path => JsonFile.Read<object>(path), path => ScriptModule.Load(path).Dispose(),
    ];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_pipe_is_refused_at_once_by_every_reader()
    {
        string path = In("pipe");
        Process.Start("mkfifo", [path]).WaitForExit();
        // Opening a pipe waits until somebody writes into it.
        await Task.Run(() => RefusedByAll(path, "a pipe; expected a file")).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_device_a_socket_and_a_folder_are_refused_by_name()
    {
        RefusedByAll("/dev/null", "a device; expected a file");
        RefusedByAll("/dev/zero", "a device; expected a file");
        RefusedByAll(_folder, "a folder; expected a file");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(In("s")));
        RefusedByAll(In("s"), "a socket; expected a file");
    }

    [Fact]
    public void A_link_to_itself_and_a_name_too_long_are_refused()
    {
        File.CreateSymbolicLink(In("loop"), In("loop"));
        RefusedByAll(In("loop"), "a file that cannot be opened (Too many levels of symbolic links");
        RefusedByAll(In(new string('n', 300)), "a file that cannot be opened");
        Assert.Throws<InvalidDataException>(() => InputFile.Open(""));
        Assert.Throws<InvalidDataException>(() => InputFile.Open("a\0b"));
    }

    [Fact]
    public void A_file_that_is_not_there_keeps_its_own_exception()
    {
        Assert.Throws<FileNotFoundException>(() => InputFile.Open(In("none")));
        Assert.Throws<DirectoryNotFoundException>(() => InputFile.Open(In("none/none")));
        File.CreateSymbolicLink(In("dangling"), In("nowhere"));
        Assert.Throws<FileNotFoundException>(() => InputFile.Open(In("dangling")));
    }

    [Fact]
    public void A_file_without_permission_says_so()
    {
        // The superuser may read everything.
        if (OperatingSystem.IsWindows() || Environment.UserName == "root") return;
        File.WriteAllText(In("secret"), "x");
        File.SetUnixFileMode(In("secret"), UnixFileMode.None);
        RefusedByAll(In("secret"), "a file that you may not read");
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a Git LFS pointer", "git lfs pull")]
    [InlineData("<!DOCTYPE html>\n<html><body>404</body></html>", "an HTML page", "fetch the file itself")]
    [InlineData("\uFEFF\r\n  <html lang=\"en\">", "an HTML page", "fetch the file itself")]
    [InlineData("<HTML><HEAD><TITLE>302 Moved</TITLE></HEAD>", "an HTML page", "fetch the file itself")]
    [InlineData("<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>", "the error message of a server", "fetch the file itself")]
    public void What_a_failed_download_leaves_is_named_by_every_reader_whatever_its_ending(string content, string what, string hint)
    {
        foreach (string ending in (string[])["safetensors", "npz", "npy", "json", "zip", "gz", "mat", "pt", "jpg"])
        {
            string path = In("download." + ending);
            File.WriteAllText(path, content, new UTF8Encoding(false));
            RefusedByAll(path, what, hint);
        }
    }

    [Theory]
    [InlineData("GIF89a", "a GIF picture"), InlineData("BM\x10\x20\0\0\0\0\0\0", "a BMP picture"), InlineData("II*\0", "a TIFF picture"), InlineData("MM\0*", "a TIFF picture")]
    [InlineData("\0\0\0\x1c" + "ftypavif", "an AVIF picture"), InlineData("\0\0\0\x1c" + "ftypheic", "a HEIF picture"), InlineData("\x89HDF\r\n", "an HDF5 file"), InlineData("PAR1", "a Parquet table")]
    [InlineData("\x1f\x8b\x08", "a file compressed with gzip"), InlineData("\xfd" + "7zXZ", "a file compressed with xz"), InlineData("%PDF-1.7", "a PDF document"), InlineData("", "an empty file")]
    public void Foreign_formats_are_named_where_arrays_are_expected(string start, string expected)
    {
        byte[] bytes = [.. start.Select(c => (byte)c)];
        foreach (string ending in (string[])["npy", "npz", "safetensors", "bin", "pt"])
        {
            string message = Assert.Throws<InvalidDataException>(() => ArrayFile.Open(bytes, "a." + ending, new ArrayFileOptions())).Message;
            Assert.StartsWith($"a.{ending}, byte 0: {expected}", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_is_read_with_and_without_its_mark_and_refused_at_the_byte_that_is_no_UTF8()
    {
        File.WriteAllBytes(In("text"), [.. "\uFEFFa\u00e9\n"u8]);
        Assert.Equal("a\u00e9\n", InputFile.ReadAllText(In("text")));
        File.WriteAllBytes(In("text"), [.. "a\u00e9"u8, 0xff, .. "b"u8]);
        Assert.Contains("byte 3: the byte FF, which is not UTF-8", Assert.Throws<InvalidDataException>(() => InputFile.ReadAllText(In("text"))).Message, StringComparison.Ordinal);
        File.WriteAllBytes(In("text"), [.. "a"u8, 0xe2, 0x82]);
        Assert.Contains("byte 1: the byte E2, which is not UTF-8", Assert.Throws<InvalidDataException>(() => InputFile.ReadAllText(In("text"))).Message, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private static void RefusedByAll(string path, params string[] texts)
    {
        foreach (Action<string> reader in Readers)
        {
            string message = Assert.Throws<InvalidDataException>(() => reader(path)).Message;
            Assert.StartsWith(path, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
            foreach (string text in texts) Assert.Contains(text, message, StringComparison.Ordinal);
        }
    }
}
