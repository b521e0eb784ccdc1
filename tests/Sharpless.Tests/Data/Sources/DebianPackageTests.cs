using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

public sealed class DebianPackageTests : IDisposable
{
    private readonly TemporaryFolder _tools = new();
    private readonly TemporaryFolder _data = new();

    public void Dispose()
    {
        _tools.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void A_package_is_unpacked_without_being_installed()
    {
        From(Package($"""[ "$*" = 'download tiny' ] && {Download}""")).Get(_data.Path);
        Assert.Equal(TinySet.Placed, _data.Content());
        Assert.Equal(TinySet.Contents["train-images"], File.ReadAllBytes(_data.File("tiny/train-images")));
    }

    // The lists of a new machine are empty. The fake sudo asks for no password.
    [Theory]
    [InlineData(true, "download update download")]
    [InlineData(false, "download sudo-update download")]
    public void Where_apt_does_not_find_it_the_package_lists_are_fetched(bool isRoot, string calls)
    {
        string log = _tools.File("log"),
            lists = _tools.File("lists");
        DebianPackage package = Package(
            $$"""
            echo "$AS$1" >> '{{log}}'
            [ $1 = update ] && { touch '{{lists}}'; exit; }
            [ -e '{{lists}}' ] || { echo 'E: Unable to locate package tiny' >&2; exit 100; }
            {{Download}}
            """
        ) with
        {
            IsRoot = isRoot,
            Sudo = _tools.Program("sudo", """[ "$1" = -n ] && shift && AS=sudo- exec "$@" """),
        };
        From(package).Get(_data.Path);
        Assert.Equal(TinySet.Placed, _data.Content());
        Assert.Equal(calls.Split(' '), File.ReadAllLines(log));
    }

    [Fact]
    public void Where_the_lists_cannot_be_fetched_either_the_first_complaint_is_told()
    {
        DebianPackage package = Package("""echo "E: no $1" >&2; exit 100""") with
        {
            IsRoot = false,
            Sudo = _tools.Program("sudo", "echo 'a password is required' >&2; exit 1"),
        };
        var error = Assert.Throws<FailureException>(() => From(package).Get(_data.Path));
        Assert.EndsWith("download tiny ended with exit code 100: no download", error.Message, StringComparison.Ordinal);
        Assert.Empty(_data.Content());
    }

    private string Download => $"cp '{_tools.File("source.tgz")}' tiny_1_all.deb";

    // A gzipped tar stands for the package; dpkg-deb --fsys-tarfile unzips it.
    private DebianPackage Package(string apt)
    {
        File.WriteAllBytes(
            _tools.File("source.tgz"),
            TinySet.Tarball([
                .. TinySet.Contents.Select(file =>
                    TinySet.Member($"./usr/share/tiny/{file.Key}.gz", TinySet.Gzip(file.Value))
                ),
            ])
        );
        return new DebianPackage("tiny")
        {
            Apt = _tools.Program("apt-get", apt),
            Dpkg = _tools.Program("dpkg-deb", """[ "$1" = --fsys-tarfile ] && gzip -dc "$2" """),
        };
    }

    private static IdxSet From(DebianPackage package) =>
        new("tiny", "a test", "none", package, TinySet.Files, file => $"./usr/share/tiny/{file}.gz");
}
