using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sharpless.Data.Sources.Emoji;

/// <summary>Eight tenths of the concepts train, one validates, one tests: decided by the name of the concept alone.</summary>
internal static class EmojiSplit
{
    /// <summary>The parts, in the order of their files.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["train", "validation", "test"];

    /// <summary>Part of a concept: the first 32 bits of the SHA-256 of its name, modulo 10; 0 to 7 train, 8 validates, 9 tests.</summary>
    public static string PartOf(string concept) => (Number(concept) % 10) switch { 8 => "validation", 9 => "test", _ => "train" };

    /// <summary>A number that looks random but is the same each time: the first 32 bits of the SHA-256 of a name in ASCII.</summary>
    public static uint Number(string name) => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.ASCII.GetBytes(name)));
}
