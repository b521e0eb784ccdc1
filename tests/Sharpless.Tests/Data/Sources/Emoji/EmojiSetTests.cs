using Sharpless.Data;
using Sharpless.Data.Sources;
using Sharpless.Data.Sources.Emoji;

namespace Sharpless.Tests.Data.Sources.Emoji;

// Small packages in the formats of the real ones, handed out by a shell script in place of npm.
public sealed class EmojiSetTests : IDisposable
{
    private const string Groups = """
        {"groups": {"0": "smileys-emotion", "1": "people-body", "3": "animals-nature", "5": "travel-places", "8": "symbols", "9": "flags"},
         "subgroups": {"0": "face-smiling", "14": "heart", "21": "hand-prop", "31": "person-symbol", "34": "animal-mammal", "40": "plant-flower", "54": "transport-ground", "57": "hotel", "59": "sky-weather", "94": "keycap", "98": "country-flag"}}
        """;

    private readonly EmojiPackages _packages = new();

    public void Dispose() => _packages.Dispose();

    [Fact]
    public void Pictures_are_fetched_drawn_split_and_read()
    {
        using TemporaryFolder data = new();
        EmojiSet set = Set();
        Assert.Null(set.Locate(data.Path));
        Assert.Equal(data.File("emoji10"), set.Get(data.Path));
        Assert.Equal(["LICENCES.txt", "SHA256SUMS", "pictures.tsv", "test.bin", "train.bin", "validation.bin"], Directory.GetFiles(data.File("emoji10")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Single(data.Content(), name => !name.Contains('/', StringComparison.Ordinal));
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));

        string[] lines = [.. File.ReadLines(data.File("emoji10/pictures.tsv")).Skip(1)];
        // Style, sequence and class of all pictures: no skin tones, no sky, nothing outside the table.
        Assert.Equal(
            ["drawn 1F1E6-1F1FD flag", "drawn 1F40E animal", "drawn 2764 symbol", "files 1F1E6-1F1FD flag", "files 1F40E animal", "files 1F44B hand-body", "files 1F600 face", "files 1F68C transport", "files 1F69C transport"],
            lines.Select(line => line.Split('\t')).Select(fields => $"{fields[3]} {fields[4]} {fields[2]}").Order(StringComparer.Ordinal));

        ImageData images = set.Load(data.Path);
        DataSplit split = DataSplit.Create(images, seed: 3);
        Assert.Equal((new ImageShape(3, 32, 32), 10), (images.Shape, images.Classes));
        foreach (string[] fields in lines.Select(line => line.Split('\t')))
        {
            Assert.Equal(EmojiSplit.PartOf(EmojiSequence.Concept(fields[4])), fields[0]);
            int place = int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture);
            (ImageSet part, int example) = fields[0] switch { "test" => (images.Test, place), "validation" => (images.Train, split.Validation.Span[place]), _ => (images.Train, split.Train.Span[place]) };
            Assert.Equal(fields[2], EmojiTable.Classes[part.Labels[example]]);
            if (fields[3] == "files") Assert.Equal(Look(fields[4]), FlatPictures.Of(part, example));
        }
        Assert.Equal(split.Validation.Length, images.ValidationCount);
        Assert.Equal(9, images.Train.Count + images.Test.Count);
        Assert.Contains("files: CC BY 4.0, npm package", File.ReadAllText(data.File("emoji10/LICENCES.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_packages_give_the_same_bytes()
    {
        using TemporaryFolder one = new(), two = new();
        Set().Get(one.Path);
        Set().Get(two.Path);
        foreach (string file in Directory.GetFiles(one.File("emoji10")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(two.File("emoji10/" + Path.GetFileName(file))));
    }

    [Fact]
    public void A_drawing_is_drawn_at_its_size_and_a_picture_reduced()
    {
        using TemporaryFolder data = new();
        EmojiSet set = Set();
        set.Get(data.Path);
        string[] horse = File.ReadLines(data.File("emoji10/pictures.tsv")).Select(line => line.Split('\t')).Single(fields => fields[3] == "drawn" && fields[4] == "1F40E");
        byte[] record = File.ReadAllBytes(data.File($"emoji10/{horse[0]}.bin"))[(3073 * int.Parse(horse[1], System.Globalization.CultureInfo.InvariantCulture))..];
        // The left half of the drawing is blue, the rest is paper. Planes: red, green, blue.
        Assert.Equal((0, 255), (record[1 + 40 * 8], record[1 + 16]));
        Assert.Equal((255, 255), (record[1 + 2048 + 15], record[1 + 2048 + 31]));
    }

    [Fact]
    public void Damage_is_found_and_mended_by_making_it_again()
    {
        using TemporaryFolder data = new();
        EmojiSet set = Set();
        set.Get(data.Path);
        byte[] whole = File.ReadAllBytes(data.File("emoji10/train.bin"));
        File.WriteAllBytes(data.File("emoji10/train.bin"), whole[..^1]);
        Assert.Equal(data.File("emoji10/train.bin"), Assert.Single(set.Verify(data.Path), check => !check.Passed).Path);
        Assert.Contains("expected a whole number of records", Assert.Throws<UsageException>(() => set.Load(data.Path)).Message, StringComparison.Ordinal);
        set.Get(data.Path);
        Assert.Equal(whole, File.ReadAllBytes(data.File("emoji10/train.bin")));
        File.Delete(data.File("emoji10/SHA256SUMS"));
        Assert.Contains("sharpless data get emoji10", Assert.Throws<UsageException>(() => set.Load(data.Path)).Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_that_lacks_the_table_is_refused_and_leaves_nothing()
    {
        using TemporaryFolder data = new();
        var set = new EmojiSet { Recipe = new EmojiRecipe(_packages.Package(("package/en/data.json", "[]"u8.ToArray())), []) };
        Assert.Contains("lacks package/meta/groups.json", Assert.Throws<FailureException>(() => set.Get(data.Path)).Message, StringComparison.Ordinal);
        Assert.Empty(data.Content());
    }

    [Fact]
    public void The_real_recipe_has_open_licences_only_and_known_packages()
    {
        Assert.Equal(8, EmojiRecipe.Default.Styles.Count);
        Assert.All(EmojiRecipe.Default.Styles, style => Assert.Matches("^(Apache-2.0|CC BY(-SA)? 4.0|MIT) ", style.Licence));
        Assert.All(EmojiRecipe.Default.Styles.Select(style => style.Package).Append(EmojiRecipe.Default.Table), package => Assert.Matches("^[0-9a-f]{64}$", package.Sha256));
    }

    private static int Look(string sequence) => sequence switch { "1F600" => 0, "1F44B" => 1, "1F40E" => 2, "1F69C" => 3, "1F68C" => 4, _ => 5 };

    private EmojiSet Set()
    {
        (string, string, int, int)[] emoji =
        [
            ("grinning face", "1F600", 0, 0), ("red heart", "2764-FE0F", 0, 14), ("waving hand", "1F44B", 1, 21), ("footprints", "1F463", 1, 31), ("horse", "1F40E", 3, 34),
            ("tractor", "1F69C", 5, 54), ("bus", "1F68C", 5, 54), ("sun", "2600-FE0F", 5, 59), ("flag: Åland Islands", "1F1E6-1F1FD", 9, 98),
        ];
        string table = $$"""[{"label":"regional indicator A","hexcode":"1F1E6"},{{string.Join(",", emoji.Select(item => $$"""{"label":"{{item.Item1}}","hexcode":"{{item.Item2}}","group":{{item.Item3}},"subgroup":{{item.Item4}},"skins":[]}"""))}}]""";
        string icons = """
            {"icons": {"horse": {"body": "<rect width='50' height='100' fill='#00f'/>"}, "redheart": {"body": "<circle cx='5' cy='5' r='4' fill='red'/>", "width": 10, "height": 10},
                       "flag-aland": {"body": "<rect width='100' height='40' fill='#fc0'/>"}, "unknown": {"body": "<g/>"}},
             "aliases": {"flag-aland-islands": {"parent": "flag-aland"}}, "width": 100, "height": 100}
            """;
        return new EmojiSet
        {
            Recipe = new EmojiRecipe(
                _packages.Package(("package/en/data.json", EmojiPackages.Bytes(table)), ("package/meta/groups.json", EmojiPackages.Bytes(Groups)), ("package/fr/data.json", [1])),
                [
                    new EmojiFiles("files", "CC BY 4.0", _packages.Package(
                        ("package/img/1f600.jpg", FlatPictures.Jpeg(0)), ("package/img/1f44b.jpg", FlatPictures.Jpeg(1)), ("package/img/1f44b-1f3fb.jpg", FlatPictures.Jpeg(1)),
                        ("package/img/1f40e.jpg", FlatPictures.Jpeg(2)), ("package/img/1f69c.jpg", FlatPictures.Jpeg(3)), ("package/img/1f68c.jpg", FlatPictures.Jpeg(4)), ("package/img/1f1e6-1f1fd.jpg", FlatPictures.Jpeg(5)),
                        ("package/img/2600-fe0f.jpg", FlatPictures.Jpeg(5)), ("package/img/1f463.jpg", FlatPictures.Jpeg(4)), ("package/img/more/1f600.jpg", [1]), ("package/img/1f600.txt", [1])), "package/img/", ".jpg"),
                    new EmojiIcons("drawn", "MIT", _packages.Package(("package/icons.json", EmojiPackages.Bytes(icons)), ("package/chars.json", [1]))),
                ]),
        };
    }
}
