using Sharpless.Data;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

public sealed class DownloadedSetTests : IDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly PublishedFiles _server = new(RandomBytes(300_000));

    public void Dispose()
    {
        _server.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void A_file_is_fetched_checked_and_put_in_place()
    {
        var set = new Svhn { Files = [_server.File("a.mat")] };
        var told = new List<string>();
        Assert.Null(set.Locate(_data.Path));
        Assert.Equal(_data.File("svhn"), set.Get(_data.Path, new Collected(told)));
        Assert.Equal(_data.File("svhn"), set.Locate(_data.Path));
        Assert.Equal(_server.Content, File.ReadAllBytes(_data.File("svhn/a.mat")));
        Assert.Equal(["svhn", "svhn/a.mat"], _data.Content());
        Assert.All(set.Verify(_data.Path), check => Assert.True(check.Passed));
        Assert.Contains(told, line => line.StartsWith("fetching a.mat: 100 %", StringComparison.Ordinal));

        set.Get(_data.Path);
        Assert.Single(_server.Requests);        // what is there and sound is not fetched again
    }

    [Fact]
    public void A_broken_download_goes_on_where_it_broke()
    {
        var set = new Svhn { Files = [_server.File("a.mat")] };
        _server.BreaksAfter = 100_000;
        var error = Assert.Throws<FailureException>(() => set.Get(_data.Path));
        Assert.Contains("broke off after", error.Message, StringComparison.Ordinal);
        Assert.Contains("it goes on from there", error.Hint, StringComparison.Ordinal);
        Assert.Null(set.Locate(_data.Path));
        long kept = new FileInfo(_data.File("svhn/a.mat.part")).Length;
        Assert.InRange(kept, 1, 100_000);

        _server.BreaksAfter = null;
        set.Get(_data.Path);
        Assert.Equal(["", $"bytes={kept}-"], _server.Requests);
        Assert.Equal(_server.Content, File.ReadAllBytes(_data.File("svhn/a.mat")));
        Assert.Equal(["svhn", "svhn/a.mat"], _data.Content());
    }

    [Fact]
    public void A_server_without_ranges_sends_the_file_from_its_beginning()
    {
        var set = new Svhn { Files = [_server.File("a.mat")] };
        _server.KnowsRanges = false;
        Directory.CreateDirectory(_data.File("svhn"));
        File.WriteAllBytes(_data.File("svhn/a.mat.part"), new byte[1000]);
        set.Get(_data.Path);
        Assert.Equal(_server.Content, File.ReadAllBytes(_data.File("svhn/a.mat")));
    }

    [Fact]
    public void A_part_that_is_of_another_file_is_found_out_and_removed()
    {
        var set = new Svhn { Files = [_server.File("a.mat")] };
        Directory.CreateDirectory(_data.File("svhn"));
        File.WriteAllBytes(_data.File("svhn/a.mat.part"), new byte[1000]);
        Assert.Contains("the published file has 300000 bytes", Assert.Throws<FailureException>(() => set.Get(_data.Path)).Message, StringComparison.Ordinal);
        Assert.Equal(["svhn"], _data.Content());
        set.Get(_data.Path);
        Assert.All(set.Verify(_data.Path), check => Assert.True(check.Passed));
    }

    [Fact]
    public void Another_file_than_the_published_one_is_not_kept()
    {
        var set = new Svhn { Files = [_server.File("a.mat")] };
        _server.Content = RandomBytes(299_999);
        Assert.Contains("broke off after 299999 of 300000", Assert.Throws<FailureException>(() => set.Get(_data.Path)).Message, StringComparison.Ordinal);
        File.Delete(_data.File("svhn/a.mat.part"));
        _server.Content = RandomBytes(300_001);
        Assert.Contains("sends more than the 300000 bytes", Assert.Throws<FailureException>(() => set.Get(_data.Path)).Message, StringComparison.Ordinal);
        Assert.Null(set.Locate(_data.Path));
    }

    [Fact]
    public void The_answer_of_the_server_is_told()
    {
        var set = new Svhn { Files = [_server.File("a.mat")] };
        _server.Status = 404;
        var error = Assert.Throws<FailureException>(() => set.Get(_data.Path));
        Assert.Contains("answered 404 NotFound", error.Message, StringComparison.Ordinal);
        Assert.Contains("sharpless data get svhn --from a.mat", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void No_server_at_all_is_told()
    {
        DownloadFile file = _server.File("a.mat");
        _server.Dispose();
        var error = Assert.Throws<FailureException>(() => new Svhn { Files = [file] }.Get(_data.Path));
        Assert.Contains("broke off after 0 of 300000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_the_users_own_are_told_apart_by_their_checksums()
    {
        byte[] first = RandomBytes(10), second = RandomBytes(20);
        var set = new Svhn { Files = [File1("one.mat", first), File1("two.mat", second)] };
        using TemporaryFolder downloads = new();
        File.WriteAllBytes(downloads.File("b"), second);
        File.WriteAllBytes(downloads.File("a"), first);

        var missing = Assert.Throws<UsageException>(() => set.Take(_data.Path, [downloads.File("b")]));
        Assert.Contains("svhn also needs one.mat", missing.Message, StringComparison.Ordinal);
        Assert.Empty(_data.Content());

        set.Take(_data.Path, [downloads.File("b"), downloads.File("a")]);
        Assert.Equal(["svhn", "svhn/one.mat", "svhn/two.mat"], _data.Content());
        Assert.Equal(second, File.ReadAllBytes(_data.File("svhn/two.mat")));
        Assert.All(set.Verify(_data.Path), check => Assert.True(check.Passed));

        File.WriteAllBytes(downloads.File("a"), RandomBytes(11));
        Assert.Contains("is no file of svhn: it has SHA-256", Assert.Throws<UsageException>(() => set.Take(_data.Path, [downloads.File("a")])).Message, StringComparison.Ordinal);
        Assert.Contains("There is no file", Assert.Throws<UsageException>(() => set.Take(_data.Path, [downloads.File("none")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_from_a_package_takes_no_files() =>
        Assert.Contains("emoji10 comes from the npm package", Assert.Throws<UsageException>(() => DataSets.KnownNamed("emoji10").Take(_data.Path, ["a"])).Message, StringComparison.Ordinal);

    private static DownloadFile File1(string name, byte[] content) => new(new Uri("http://127.0.0.1:9/" + name), PublishedFiles.Known(name, content));

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private sealed class Collected(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}
