using Sharpless.Data.Sources.Emoji;

namespace Sharpless.Tests.Data.Sources.Emoji;

public sealed class EmojiTextsTests
{
    private static readonly EmojiTexts Texts = new(
        new EmojiTable(
            EmojiPackages.Bytes("""
                [{"label":"Mx. Claus","hexcode":"1F9D1-200D-1F384","tags":["1","2","3","4","5","6","7","8","9"],"skins":[{"label":"Mx. Claus: dark skin tone","hexcode":"1F9D1-1F3FF-200D-1F384"}]},
                 {"label":"Åland","hexcode":"1F1E6-1F1FD"}]
                """),
            EmojiPackages.Bytes("""{"groups": {}, "subgroups": {}}""")),
        EmojiPackages.Bytes("""[{"name":"MX CLAUS","unified":"1F9D1-200D-1F384","short_name":"mx_claus","skin_variations":{"1F3FF":{"unified":"1F9D1-1F3FF-200D-1F384"}}}]"""),
        EmojiPackages.Bytes("""{"🧑‍🎄": ["mx_claus", "xmas"]}"""),
        EmojiPackages.Bytes("""[{"hexcode":"1F9D1-200D-1F384","openmoji_tags":"Advent"}]"""));

    [Fact]
    public void Captions_are_in_lower_case_and_each_is_there_once() =>
        // The short name says what the Unicode name says.
        Assert.Equal(["mx. claus", "mx claus", "1, 2, 3, 4, 5, 6, 7, 8", "mx claus, xmas", "advent"], Texts.Captions("1F9D1-200D-1F384"));

    [Fact]
    public void The_label_alone_tells_the_skin_tone() =>
        Assert.Equal(["mx. claus: dark skin tone", "mx claus", "1, 2, 3, 4, 5, 6, 7, 8", "mx claus, xmas", "advent"], Texts.Captions("1F9D1-1F3FF-200D-1F384"));

    [Fact]
    public void What_no_package_describes_keeps_its_label() => Assert.Equal(["åland"], Texts.Captions("1F1E6-1F1FD"));
}
