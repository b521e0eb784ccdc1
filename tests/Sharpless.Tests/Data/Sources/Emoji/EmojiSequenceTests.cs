using Sharpless.Data.Sources.Emoji;

namespace Sharpless.Tests.Data.Sources.Emoji;

public sealed class EmojiSequenceTests
{
    [Theory]
    [InlineData("1f600", "1F600")]
    [InlineData("0023-fe0f-20e3", "23-20E3")]
    [InlineData("1F468-200D-2764-FE0F-200D-1F468", "1F468-200D-2764-200D-1F468")]
    public void Packages_that_spell_a_sequence_differently_mean_the_same(string spelling, string normalized) => Assert.Equal(normalized, EmojiSequence.Normalize(spelling));

    [Theory]
    [InlineData("1F600", "1F600")]
    [InlineData("1F44B-1F3FD", "1F44B")]                                        // waving hand, medium skin tone
    [InlineData("1F469-200D-1F680", "1F9D1-1F680")]                             // woman astronaut: astronaut
    [InlineData("1F468-1F3FB-200D-1F9B0", "1F9D1")]                             // man with red hair: person
    [InlineData("1F3C3-200D-2640-200D-27A1", "1F3C3")]                          // woman running to the right: running
    [InlineData("2640", "2640")]                                                // the female sign itself
    [InlineData("27A1", "27A1")]                                                // the arrow itself
    [InlineData("1F466", "1F9D2")]                                              // boy: child
    [InlineData("1F385", "1F9D1-1F384")]                                        // Santa Claus: Mx Claus
    [InlineData("1F469-200D-2764-200D-1F468", "1F491")]                         // woman and man with a heart: couple with a heart
    [InlineData("1F449", "1F448")]                                              // pointing right: pointing left, in a mirror
    public void A_concept_has_no_gender_tone_hair_or_direction(string sequence, string concept) => Assert.Equal(concept, EmojiSequence.Concept(sequence));

    // The numbers are the first eight digits of `printf KEY | sha256sum`, modulo 10.
    [Theory, InlineData("1F600", "train"), InlineData("1F448", "test"), InlineData("1F491", "train"), InlineData("1F9D1-1F384", "validation"), InlineData("26F9", "validation")]
    public void The_part_of_a_concept_follows_from_its_name(string concept, string part) => Assert.Equal(part, EmojiSplit.PartOf(concept));
}
