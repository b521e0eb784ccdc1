using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sharpless.Text;
using Sharpless.Torch;

namespace Sharpless.Tests.Text;

/// <summary>Tokens are those of the reference in tests/golden/contrastive, which was compared with Hugging Face's own tokenizer.</summary>
public class WordPieceTests
{
    private static readonly JsonElement Golden = Read("tokens.json");

    private static readonly Vocabulary Tokens = new(Golden.GetProperty("vocabulary").EnumerateArray().Select(token => token.GetString()!));

    [Theory, InlineData("cased", false), InlineData("uncased", true)]
    public void Pieces_are_those_of_the_reference(string side, bool lowerCases)
    {
        var tokenizer = new WordPiece(Tokens, lowerCases);
        foreach ((JsonElement text, JsonElement expected) in Golden.GetProperty("texts").EnumerateArray().Zip(Golden.GetProperty(side).EnumerateArray()))
        {
            string[] ours = Names(tokenizer.Pieces(text.GetString()!)), theirs = Names(expected.EnumerateArray().Select(id => id.GetInt32()));
            Assert.True(ours.SequenceEqual(theirs), $"'{text}' {side}: {string.Join(' ', ours)}; the reference has {string.Join(' ', theirs)}");
        }
    }

    [Fact]
    public void Every_character_of_unicode_becomes_the_words_of_the_reference()
    {
        JsonElement golden = Read("characters.json");
        var blocks = new Dictionary<string, StringBuilder>();
        foreach (JsonElement range in golden.GetProperty("assigned").EnumerateArray())
        {
            for (int code = range[0].GetInt32(); code <= range[1].GetInt32(); code++)
            {
                string block = (code >> 8).ToString("X", CultureInfo.InvariantCulture);
                if (!blocks.TryGetValue(block, out StringBuilder? lines)) blocks[block] = lines = new StringBuilder();
                lines.Append(CultureInfo.InvariantCulture, $"{string.Join(' ', WordPiece.Words(new Rune(code).ToString(), lowerCases: true).Prepend($"{code:X}"))}\n");
            }
        }

        foreach (JsonProperty block in golden.GetProperty("words").EnumerateObject())
        {
#pragma warning disable CA5350 // A checksum of test data, no secret.
            string hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(blocks[block.Name].ToString())));
#pragma warning restore CA5350
            Assert.True(hash == block.Value.GetString(), $"The words of block U+{block.Name}xx differ:\n{blocks[block.Name]}");
        }
    }

    [Fact]
    public void Sequences_are_cut_padded_and_masked()
    {
        using var scope = NewDisposeScope();
        var tokenizer = new WordPiece(Tokens, lowerCases: true);
        const int Length = 8;
        TokenBatch batch = tokenizer.Encode(["", "A dog runs.", "the quick brown fox jumps over the lazy dog"], Length);
        Assert.Equal([3, Length], batch.Ids.shape);
        long[] ids = batch.Ids.ToArray<long>(), mask = batch.Mask.ToArray<long>();
        Assert.Equal(["[CLS]", "[SEP]", "[PAD]", "[PAD]", "[PAD]", "[PAD]", "[PAD]", "[PAD]"], Names(ids[..Length].Select(id => (int)id)));
        Assert.Equal(["[CLS]", "a", "dog", "runs", ".", "[SEP]", "[PAD]", "[PAD]"], Names(ids[Length..(2 * Length)].Select(id => (int)id)));
        Assert.Equal(["[CLS]", "the", "quick", "brown", "fox", "jumps", "over", "[SEP]"], Names(ids[(2 * Length)..].Select(id => (int)id)));
        Assert.Equal([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], mask);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_dropped()
    {
        var tokenizer = new WordPiece(Tokens, lowerCases: false);
        Assert.Equal(["dog"], Names(tokenizer.Pieces("do\ud83dg")));
    }

    private static string[] Names(IEnumerable<int> ids) => [.. ids.Select(id => Tokens.Tokens[id])];

    private static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("contrastive", name))).RootElement;
}
