using Sharpless.Text;

namespace Sharpless.Tests.Text;

public class VocabularyBuilderTests
{
    private static readonly string[] Texts = ["a dog runs", "A dog, a cat", "dog"];

    [Fact]
    public void Characters_come_before_words_and_frequent_ones_before_rare_ones()
    {
        Vocabulary vocabulary = VocabularyBuilder.Build(Texts, lowerCases: true, 1000);
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], vocabulary.Tokens.Take(5));
        // Three dogs and three a, alone or at the start; then one of each other word.
        Assert.Equal(["##g", "##o", "a", "d", "##a", "##n", "##s", "##t", "##u", ",", "c", "r", "dog", "cat", "runs"], vocabulary.Tokens.Skip(5));
    }

    [Fact]
    public void Every_training_text_has_pieces_whatever_the_size_leaves_out()
    {
        var tokenizer = new WordPiece(VocabularyBuilder.Build(Texts, lowerCases: true, 17), lowerCases: true);
        Assert.Equal(17, VocabularyBuilder.Build(Texts, lowerCases: true, 17).Count);
        Assert.All(Texts, text => Assert.DoesNotContain(1, tokenizer.Pieces(text)));
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter() =>
        Assert.Equal(VocabularyBuilder.Build(Texts, lowerCases: false, 100).ToString(), VocabularyBuilder.Build(Texts.Reverse(), lowerCases: false, 100).ToString());

    [Fact]
    public void A_size_without_room_for_special_tokens_is_refused() => Assert.Throws<ArgumentException>(() => VocabularyBuilder.Build(Texts, lowerCases: false, 4));
}
