using Sharpless.Data;

namespace Sharpless.Tests.Data.Sources;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ImageFolderTests()
    {
        FlatPictures.Write(_folder.Path, "train/zebra/a.jpg", 0);
        FlatPictures.Write(_folder.Path, "train/ant/deep/b.JPEG", 1);
        FlatPictures.Write(_folder.Path, "train/ant/c.jpeg", FlatPictures.Grey);
        FlatPictures.Write(_folder.Path, "test/zebra/d.jpg", 3);
    }

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("test"), InlineData("val")]
    public void Classes_are_the_folders_of_train_in_order(string part)
    {
        if (part == "val") Directory.Move(_folder.File("test"), _folder.File("val"));
        File.WriteAllText(_folder.File("train/ant/notes.txt"), "no picture");
        FlatPictures.Write(_folder.Path, "train/ant/.hidden.jpg", 5);
        ImageData images = Load();

        Assert.Equal(("folder:" + _folder.Path, new ImageShape(3, 64, 64), 2), (images.Name, images.Shape, images.Classes));
        Assert.Equal([(0, 1), (1, 0), (FlatPictures.Grey, 0)], FlatPictures.All(images.Train));
        Assert.Equal([(3, 1)], FlatPictures.All(images.Test));
        Assert.Equal(new CropFlip(8), images.Augmentation);
        Assert.Equal(Normalization.None(3).Std, images.Train.Normalization.Std);
        Assert.Equal(0, images.ValidationCount);
    }

    [Fact]
    public void Where_all_three_folders_are_there_val_is_for_validation()
    {
        FlatPictures.Write(_folder.Path, "val/ant/e.jpg", 5);
        FlatPictures.Write(_folder.Path, "val/zebra/f.jpg", 2);
        ImageData images = Load();
        DataSplit split = DataSplit.Create(images, seed: 0);

        Assert.Equal([(3, 1)], FlatPictures.All(images.Test));
        Assert.Equal([0, 1, 2], split.Train.ToArray());
        Assert.Equal([0, 1, FlatPictures.Grey], split.Train.ToArray().Select(example => FlatPictures.Of(images.Train, example)).Order());
        Assert.Equal([3, 4], split.Validation.ToArray());
        Assert.Equal([(2, 1), (5, 0)], split.Validation.ToArray().Select(example => (FlatPictures.Of(images.Train, example), images.Train.Labels[example])).Order());
    }

    [Fact]
    public void Pictures_of_other_forms_are_read_in_colour_and_on_white()
    {
        Directory.CreateDirectory(_folder.File("small/train/a"));
        Directory.CreateDirectory(_folder.File("small/train/b"));
        Directory.CreateDirectory(_folder.File("small/test/a"));
        File.Copy(GoldenFiles.PathOf("data", "transparent.png"), _folder.File("small/train/b/1.png"));
        File.Copy(GoldenFiles.PathOf("data", "transparent.png"), _folder.File("small/train/a/1.png"));
        File.Copy(GoldenFiles.PathOf("data", "grey.jpg"), _folder.File("small/test/a/2.jpg"));
        ImageData images = DataSets.Load("folder:" + _folder.File("small"), "unused");
        Assert.Equal(new ImageShape(3, 21, 37), images.Shape);
        Assert.Equal(new CropFlip(2), images.Augmentation);
        // make.py: the pixel at row 4, column 7 is (42, 48, 28) with opacity 255 - 49.
        Assert.Equal([83, 88, 72], images.Train.Bytes.AsSpan((4 * 37 + 7) * 3, 3).ToArray());
        ReadOnlySpan<byte> grey = images.Test.Bytes.AsSpan(300, 3);
        Assert.True(grey[0] == grey[1] && grey[1] == grey[2]);
    }

    [Theory, InlineData("jfif"), InlineData("jpe"), InlineData("JFIF"), InlineData("JPG")]
    public void Every_ending_of_jpeg_is_a_picture(string ending)
    {
        FlatPictures.Write(_folder.Path, $"train/zebra/more.{ending}", 5);
        ImageData images = Load();
        Assert.Equal([(0, 1), (1, 0), (FlatPictures.Grey, 0), (5, 1)], FlatPictures.All(images.Train));
        Assert.Empty(images.LeftOut);
        Assert.Empty(images.Notes);
    }

    [Fact]
    public void What_is_left_out_is_listed_and_told()
    {
        File.WriteAllText(_folder.File("train/zebra/b.xyz"), "");
        File.WriteAllText(_folder.File("train/zebra/Thumbs.db"), "");
        File.WriteAllText(_folder.File("train/.DS_Store"), "");
        FlatPictures.Write(_folder.Path, "train/stray.jpg", 0);
        FlatPictures.Write(_folder.Path, "more/ant/1.jpg", 0);
        FlatPictures.Write(_folder.Path, "train/ant/._c.jpeg", 0);
        FlatPictures.Write(_folder.Path, "train/ant/1/2/3/4/5/6/7/8.jpg", 0);
        ImageData images = Load();
        Assert.Equal(["more/ant/1.jpg", "train/ant/._c.jpeg", "train/stray.jpg", "train/zebra/b.xyz", "train/ant/1/2/3/4/5/6/7/"], images.LeftOut);
        Assert.Contains("5 files are left out", Assert.Single(images.Notes), StringComparison.Ordinal);
        Assert.Contains("more/ant/1.jpg, train/ant/._c.jpeg", images.Notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_back_upwards_is_not_followed()
    {
        Directory.CreateSymbolicLink(_folder.File("train/ant/again"), _folder.File("train"));
        ImageData images = Load();
        Assert.Equal(3, images.Train.Count);
        Assert.Equal(["train/ant/again/"], images.LeftOut);
    }

    [Theory]
    [InlineData("train/yak", "1.xyz", "it holds 1.xyz")]
    [InlineData("test/ant", null, "it is empty")]
    public void A_class_without_pictures_is_refused(string place, string? file, string holds)
    {
        Directory.CreateDirectory(_folder.File(place));
        if (file is not null) File.WriteAllText(_folder.File($"{place}/{file}"), "");
        Refused($"{_folder.File(place)} has no picture of a kind that is read ({holds})", "folder:" + _folder.Path);
    }

    [Fact]
    public void One_class_is_refused()
    {
        Directory.Delete(_folder.File("train/ant"), recursive: true);
        Refused("are of one class", "folder:" + _folder.Path);
    }

    [Theory, InlineData("Train", "Test"), InlineData("TRAIN", "validation"), InlineData("training", "Valid"), InlineData("train", "testing")]
    public void Parts_are_known_by_all_their_usual_names(string train, string test)
    {
        _folder.Shell($"[ train = {train} ] || mv train {train}; mv test {test}");
        ImageData images = Load();
        Assert.Equal([(0, 1), (1, 0), (FlatPictures.Grey, 0)], FlatPictures.All(images.Train));
        Assert.Equal([(3, 1)], FlatPictures.All(images.Test));
        Assert.Equal(0, images.ValidationCount);
        Assert.Empty(images.LeftOut);
    }

    [Fact]
    public void Two_folders_of_one_part_are_refused()
    {
        FlatPictures.Write(_folder.Path, "Train/ant/1.jpg", 0);
        Refused("two folders of one part: Train and train", "folder:" + _folder.Path);
    }

    [Theory]
    [InlineData("mv train/zebra/a.jpg $'train/zebra/caf\\xe9.jpg'", "file")]
    [InlineData("mv train/zebra $'train/z\\xe8bre'", "folder")]
    public void Names_that_are_not_utf8_are_refused_by_name(string shell, string kind)
    {
        _folder.Shell(shell);
        var error = Assert.Throws<UsageException>(Load);
        Assert.Contains($"The name of the {kind} '", error.Message, StringComparison.Ordinal);
        Assert.Contains("is not UTF-8", error.Message, StringComparison.Ordinal);
        Assert.Contains("convmv", error.Hint, StringComparison.Ordinal);
        _folder.Shell("rm -rf train/z* train/c*");                               // .NET cannot remove them either
    }

    [Fact]
    public void A_name_that_holds_the_replacement_character_itself_is_read()
    {
        FlatPictures.Write(_folder.Path, "train/ant/\uFFFD.jpg", 2);
        Assert.Equal(4, Load().Train.Count);
    }

    [Fact]
    public void Pictures_of_different_sizes_are_refused_with_the_way_to_mend_it()
    {
        File.Copy(GoldenFiles.PathOf("data", "colour.jpg"), _folder.File("test/zebra/z.jpg"));
        var error = Assert.Throws<UsageException>(Load);
        Assert.Contains("test/zebra/z.jpg is 37x21; the other pictures are 64x64", error.Message, StringComparison.Ordinal);
        Assert.Contains("mogrify -resize '64x64!'", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_told()
    {
        Refused("There is no folder", "folder:" + _folder.File("none"));
        Refused("holds no pictures train/CLASS/NAME", "folder:" + _folder.File("train"));
        FlatPictures.Write(_folder.Path, "test/yak/e.jpg", 0);
        Refused("is of class yak, which has no pictures in", "folder:" + _folder.Path);
        Directory.Delete(_folder.File("test"), recursive: true);
        Refused("holds no pictures test/CLASS/NAME or val/CLASS/NAME", "folder:" + _folder.Path);
    }

    private static void Refused(string text, string name) =>
        Assert.Contains(text, Assert.Throws<UsageException>(() => DataSets.Load(name, "unused")).Message, StringComparison.Ordinal);

    private ImageData Load() => DataSets.Load("folder:" + _folder.Path, "unused");
}
