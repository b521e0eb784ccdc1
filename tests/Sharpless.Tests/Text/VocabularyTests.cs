using Sharpless.Tests.Data;
using Sharpless.Text;

namespace Sharpless.Tests.Text;

public class VocabularyTests
{
    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    [Theory, InlineData("\n"), InlineData("\r\n")]
    public void Ids_are_line_numbers(string lineEnd)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "vocab.txt");
        File.WriteAllText(path, string.Concat(Special.Append("dog").Append("##s").Append("\u2028").Select(token => token + lineEnd)));
        Vocabulary vocabulary = Vocabulary.Load(path);
        Assert.Equal(8, vocabulary.Count);
        Assert.Equal((5, 6, 7, null), (vocabulary.Find("dog"), vocabulary.Find("##s"), vocabulary.Find("\u2028"), vocabulary.Find("cat")));
    }

    [Fact]
    public void A_token_that_comes_twice_has_the_later_id() => Assert.Equal(6, new Vocabulary([.. Special, "dog", "dog"]).Find("dog"));

    [Fact]
    public void A_file_without_special_tokens_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "words.txt");
        File.WriteAllText(path, "[PAD]\n[UNK]\n[CLS]\ndog\n");
        var error = Assert.Throws<InvalidDataException>(() => Vocabulary.Load(path));
        Assert.Contains("words.txt", error.Message, StringComparison.Ordinal);
        Assert.Contains("[SEP]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "model.bin");
        File.WriteAllBytes(path, [0x5B, 0xFF, 0xFE, 0x00, 0x0A]);
        Assert.Contains("model.bin", Assert.Throws<InvalidDataException>(() => Vocabulary.Load(path)).Message, StringComparison.Ordinal);
    }
}
