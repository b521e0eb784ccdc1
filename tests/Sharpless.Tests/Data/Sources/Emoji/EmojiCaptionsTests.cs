using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Data.Sources.Emoji;
using Sharpless.Torch.Pictures;

namespace Sharpless.Tests.Data.Sources.Emoji;

// Small packages in the formats of the real ones. By the rule of the split hand and face train, the hammer validates, the camera tests.
public sealed class EmojiCaptionsTests : IDisposable
{
    private const string Table = """
        [{"label":"regional indicator A","hexcode":"1F1E6"},
         {"label":"grinning face","hexcode":"1F600","tags":["smile","happy"],"group":0,"subgroup":0},
         {"label":"waving hand","hexcode":"1F44B","tags":["bye"],"group":0,"subgroup":0,"skins":[
           {"label":"waving hand: light skin tone","hexcode":"1F44B-1F3FB"},{"label":"waving hand: medium-light skin tone","hexcode":"1F44B-1F3FC"},
           {"label":"waving hand: medium skin tone","hexcode":"1F44B-1F3FD"},{"label":"waving hand: medium-dark skin tone","hexcode":"1F44B-1F3FE"},
           {"label":"waving hand: dark skin tone","hexcode":"1F44B-1F3FF"}]},
         {"label":"movie camera","hexcode":"1F3A5","tags":["film"],"group":0,"subgroup":0},
         {"label":"hammer","hexcode":"1F528","tags":["tool"],"group":0,"subgroup":0}]
        """;

    private const string Groups = """{"groups": {"0": "smileys-emotion"}, "subgroups": {"0": "face-smiling"}}""";

    private const string Names = """[{"name":"GRINNING FACE","unified":"1F600","short_name":"grinning"}, {"name":"HAMMER","unified":"1F528","short_name":"claw-hammer_tool"}]""";

    private const int Again = 11;

    private static readonly string[] Drawn = ["1f3a5", "1f44b", "1f44b-1f3fb", "1f44b-1f3fc", "1f44b-1f3fd", "1f44b-1f3fe", "1f44b-1f3ff", "1f528", "1f600"];

    private readonly EmojiPackages _packages = new();

    public void Dispose() => _packages.Dispose();

    [Fact]
    public void Every_picture_is_in_one_split_of_a_folder_in_the_layout_of_COCO()
    {
        using TemporaryFolder data = new();
        EmojiCaptions set = Set();
        Assert.Null(set.Locate(data.Path));
        string place = set.Get(data.Path);
        Assert.Equal(place, set.Locate(data.Path));
        Assert.All(set.Verify(data.Path), check => Assert.True(check.Passed));

        var folder = CaptionFolder.Open(place);
        Assert.Equal(["composition", "rest", "style", "test", "train", "val"], folder.Splits);
        // google alone has skin tones; the dark hand is the one held out of five; openmoji draws no picture that is trained on.
        Assert.Equal(["google_1F44B", "google_1F44B-1F3FB", "google_1F44B-1F3FC", "google_1F44B-1F3FD", "google_1F44B-1F3FE", "google_1F600"], Read("train"));
        Assert.Equal(["google_1F528"], Read("val"));
        Assert.Equal(["google_1F3A5"], Read("test"));
        Assert.Equal(["openmoji_1F44B"], Read("style"));
        Assert.Equal(["google_1F44B-1F3FF"], Read("composition"));
        Assert.Equal(["openmoji_1F528"], Read("rest"));
        Assert.Equal(["hammer", "claw hammer tool", "tool", "hit, nail it", "build"], folder.Read("val").Pictures[0].Captions);

        string[] listed = [.. File.ReadLines(data.File("emoji-captions/pictures.tsv")).Skip(1).Select(line => line.Split('\t')[0])];
        Assert.Equal(Directory.GetFiles(data.File("emoji-captions/images")).Select(Path.GetFileName).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Contains("google: CC BY 4.0, npm package", File.ReadAllText(data.File("emoji-captions/LICENCES.txt")), StringComparison.Ordinal);

        string[] Read(string split) => [.. folder.Read(split).Pictures.Select(picture => Path.GetFileNameWithoutExtension(picture.Path)).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Pictures_are_64x64_on_white()
    {
        using TemporaryFolder data = new();
        string place = Set().Get(data.Path);
        byte[] colour = new byte[64 * 64 * 3], hammer = new byte[64 * 64 * 3];
        Decoded("google_1F600.png").WriteOnWhite(colour);
        // Of two files of one sequence that of the smaller name is taken.
        Assert.Equal(Flat(Again), colour);
        Decoded("openmoji_1F528.png").WriteOnWhite(hammer);
        Assert.Equal([0, 0, 255], hammer[..3]);
        Assert.Equal([255, 255, 255], hammer[^3..]);

        Picture Decoded(string name)
        {
            Picture picture = PictureFile.Decode(File.ReadAllBytes(Path.Combine(place, "images", name)), name);
            Assert.Equal((64, 64), (picture.Width, picture.Height));
            return picture;
        }
    }

    [Fact]
    public void The_same_packages_give_the_same_bytes()
    {
        using TemporaryFolder one = new(), two = new();
        Set().Get(one.Path);
        Set().Get(two.Path);
        Assert.Equal(one.Content(), two.Content());
        foreach (string file in Directory.GetFiles(one.Path, "*", SearchOption.AllDirectories))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(two.File(Path.GetRelativePath(one.Path, file))));
    }

    [Theory, InlineData("annotations/captions_train.json", "annotations/captions_train.json"), InlineData("images/google_1F600.png", "images")]
    public void Damage_is_found_and_mended_by_making_it_again(string damaged, string named)
    {
        using TemporaryFolder data = new();
        EmojiCaptions set = Set();
        string place = set.Get(data.Path);
        byte[] whole = File.ReadAllBytes(Path.Combine(place, damaged));
        File.WriteAllBytes(Path.Combine(place, damaged), whole[..^1]);
        Assert.Equal(Path.Combine(place, named), Assert.Single(set.Verify(data.Path), check => !check.Passed).Path);
        set.Get(data.Path);
        Assert.Equal(whole, File.ReadAllBytes(Path.Combine(place, damaged)));
    }

    [Fact]
    public void Packages_without_the_names_are_refused_and_leave_nothing()
    {
        using TemporaryFolder data = new();
        EmojiCaptions set = Set();
        set = new EmojiCaptions { Recipe = set.Recipe with { Styles = [.. set.Recipe.Styles.Skip(1)] } };
        Assert.Contains("None of the packages holds package/emoji.json", Assert.Throws<FailureException>(() => set.Get(data.Path)).Message, StringComparison.Ordinal);
        Assert.Empty(data.Content());
    }

    [Fact]
    public void It_has_no_classes_to_train_on()
    {
        var error = Assert.Throws<UsageException>(() => DataSets.Named("emoji-captions"));
        Assert.Contains("have captions, not classes", error.Message, StringComparison.Ordinal);
        Assert.Contains("sharpless contrast", error.Hint, StringComparison.Ordinal);
    }

    private static byte[] Flat(int i) => [.. Enumerable.Repeat((byte[])[(byte)(20 * i), (byte)(255 - 20 * i), 7], 64 * 64).SelectMany(pixel => pixel)];

    private EmojiCaptions Set() => new()
    {
        Recipe = new EmojiCaptionRecipe(
            _packages.Package(("package/en/data.json", EmojiPackages.Bytes(Table)), ("package/meta/groups.json", EmojiPackages.Bytes(Groups))),
            _packages.Package(("package/dist/emoji-en-US.json", EmojiPackages.Bytes("""{"😀": ["grinning_face", ":D"], "🔨": ["hit", "nail_it"]}"""))),
            [
                new EmojiFiles("google", "CC BY 4.0", _packages.Package([
                    ("package/emoji.json", EmojiPackages.Bytes(Names)),
                    ("package/img/00a9.png", PictureFile.EncodePng(Flat(3), 64, 64)),
                    .. Drawn.Select((name, i) => ($"package/img/{name}.png", PictureFile.EncodePng(Flat(i), 64, 64))),
                    // The same once more, spelt otherwise.
                    ("package/img/1f600-fe0f.png", PictureFile.EncodePng(Flat(Again), 64, 64))]), "package/img/", ".png"),
                new EmojiFiles("openmoji", "CC BY-SA 4.0", _packages.Package(
                    ("package/data/openmoji.json", EmojiPackages.Bytes("""[{"hexcode":"1F528","openmoji_tags":"Build"},{"hexcode":"1F44B","openmoji_tags":""}]""")),
                    ("package/svg/1F44B.svg", Svg("#f00")), ("package/svg/1F44B-1F3FB.svg", Svg("#0f0")), ("package/svg/1F528.svg", Svg("#00f"))), "package/svg/", ".svg"),
            ]),
    };

    private static byte[] Svg(string colour) =>
        EmojiPackages.Bytes($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="5" height="10" fill="{colour}"/></svg>""");
}
