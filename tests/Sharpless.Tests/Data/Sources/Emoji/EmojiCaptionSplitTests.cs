using Sharpless.Data.Sources.Emoji;

namespace Sharpless.Tests.Data.Sources.Emoji;

// By the rule of the split 1F44B and 1F600 train, 1F3A5 tests.
public sealed class EmojiCaptionSplitTests
{
    private static readonly string[] Tones = ["1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"];

    [Theory, InlineData("1F44B"), InlineData("1F44D"), InlineData("1F590")]
    public void One_skin_tone_of_five_is_held_out(string hand)
    {
        IReadOnlyList<EmojiCaptionPart> parts = Divide([Picture("a", hand, hand), .. Tones.Select(tone => Picture("a", $"{hand}-{tone}", hand))]);
        Assert.Equal(EmojiCaptionPart.Train, parts[0]);
        Assert.Single(parts, EmojiCaptionPart.Composition);
        Assert.Equal(5, parts.Count(part => part == EmojiCaptionPart.Train));
    }

    [Fact]
    public void Of_the_pairs_of_a_couple_each_skin_tone_is_held_out_once_on_either_side()
    {
        (int Left, int Right)[] pairs = [.. from left in Enumerable.Range(0, 5) from right in Enumerable.Range(0, 5) select (left, right)];
        IReadOnlyList<EmojiCaptionPart> parts = Divide([.. pairs.Select(pair => Picture("a", $"1F9D1-{Tones[pair.Left]}-200D-1F91D-200D-1F9D1-{Tones[pair.Right]}", "1F46D"))], "1F44B");
        (int Left, int Right)[] held = [.. pairs.Where((_, place) => parts[place] == EmojiCaptionPart.Composition)];
        Assert.Equal([0, 1, 2, 3, 4], held.Select(pair => pair.Left).Order());
        Assert.Equal([0, 1, 2, 3, 4], held.Select(pair => pair.Right).Order());
    }

    [Fact]
    public void A_skin_tone_alone_is_no_composition() => Assert.All(Divide([.. Tones.Select(tone => Picture("a", tone, tone))], "1F44B"), part => Assert.Equal(EmojiCaptionPart.Train, part));

    [Fact]
    public void Tested_splits_have_each_label_and_each_picture_once()
    {
        IReadOnlyList<EmojiCaptionPart> parts = Divide([Picture("a", "1F3A5", "1F3A5", look: 1), Picture("b", "1F3A5", "1F3A5", look: 2), Picture("a", "1F3A6", "1F3A6", look: 2), Picture("b", "1F3A6", "1F3A6", look: 1)], "1F3A5");
        Assert.Equal(2, parts.Count(part => part == EmojiCaptionPart.Rest));
        Assert.Equal(2, parts.Count(part => part == EmojiCaptionPart.Test));
        Assert.NotEqual(parts[0], parts[1]);
        Assert.NotEqual(parts[2], parts[3]);
    }

    [Fact]
    public void Of_the_held_out_style_only_what_was_read_in_training_is_tested() =>
        Assert.Equal(
            [EmojiCaptionPart.Train, EmojiCaptionPart.Style, EmojiCaptionPart.Rest, EmojiCaptionPart.Rest],
            Divide([Picture("a", "1F600", "1F600"), Picture("held out", "1F600", "1F600"), Picture("held out", "1F44B", "1F44B"), Picture("held out", "1F3A5", "1F3A5")]));

    private static IReadOnlyList<EmojiCaptionPart> Divide(CaptionedEmoji[] pictures, string? concept = null) =>
        EmojiCaptionSplit.Divide(concept is null ? pictures : [.. pictures.Select(picture => picture with { Concept = concept })], "held out");

    // The concept of the hands below is trained on.
    private static CaptionedEmoji Picture(string style, string sequence, string baseSequence, byte? look = null) =>
        new(style, sequence, baseSequence, sequence is "1F600" or "1F3A5" ? sequence : "1F44B", [$"caption of {sequence}"], look is { } pixel ? [pixel] : System.Text.Encoding.ASCII.GetBytes(style + sequence));
}
