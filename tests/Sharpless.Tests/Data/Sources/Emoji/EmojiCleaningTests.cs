using Sharpless.Data.Sources.Emoji;

namespace Sharpless.Tests.Data.Sources.Emoji;

public sealed class EmojiCleaningTests
{
    [Fact]
    public void A_picture_in_two_classes_is_dropped_from_both()
    {
        IReadOnlyList<EmojiPicture> clean = EmojiCleaning.Clean([Picture("a", "1", 0, 7), Picture("b", "2", 1, 7), Picture("b", "3", 1, 8)]);
        Assert.Equal(["3"], clean.Select(picture => picture.Sequence));
    }

    [Fact]
    public void Concepts_that_share_a_picture_become_one_under_the_smallest_name()
    {
        // 5 looks as 4 in style a, 4 as 3 in style b, so all three are one; 9 stays alone.
        IReadOnlyList<EmojiPicture> clean = EmojiCleaning.Clean(
            [Picture("a", "5", 0, 1), Picture("a", "4", 0, 1), Picture("b", "4", 0, 2), Picture("b", "3", 0, 2), Picture("b", "5", 0, 3), Picture("a", "9", 0, 4)]);
        Assert.Equal(["3", "3", "3", "9"], clean.Select(picture => picture.Concept).Order());
    }

    [Fact]
    public void A_style_keeps_one_of_its_identical_pictures_and_the_styles_keep_their_order()
    {
        IReadOnlyList<EmojiPicture> clean = EmojiCleaning.Clean([Picture("z", "5", 0, 1), Picture("z", "4", 0, 1), Picture("z", "2", 0, 6), Picture("b", "4", 0, 1), Picture("b", "5", 0, 1)]);
        Assert.Equal([("z", "2"), ("z", "4"), ("b", "4")], clean.Select(picture => (picture.Style, picture.Sequence)));
    }

    private static EmojiPicture Picture(string style, string sequence, int label, byte look) => new(style, sequence, label, sequence, [look]);
}
