using System.Text;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources.Emoji;

/// <summary>Packages handed out by a shell script in place of npm.</summary>
internal sealed class EmojiPackages : IDisposable
{
    private readonly List<TemporaryFolder> _folders = [];

    public NpmPackage Package(params (string Name, byte[] Content)[] members)
    {
        var tools = new TemporaryFolder();
        _folders.Add(tools);
        return TinySet.Npm(tools, TinySet.Tarball([.. members.Select(member => TinySet.Member(member.Name, member.Content))]));
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public void Dispose() => _folders.ForEach(folder => folder.Dispose());
}
