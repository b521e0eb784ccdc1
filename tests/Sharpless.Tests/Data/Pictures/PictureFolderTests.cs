using Sharpless.Data.Pictures;
using Sharpless.Tests.Data.Sources;

namespace Sharpless.Tests.Data.Pictures;

public sealed class PictureFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_flat_folder_has_pictures_in_ordinal_order_and_no_classes()
    {
        Put("b.jpg", "B.jpg", "10.PNG", "9.webp", "notes.txt", ".hidden.jpg");
        PictureFolder folder = PictureFolder.Open(_folder.Path, "train");
        Assert.Equal(["10.PNG", "9.webp", "B.jpg", "b.jpg"], folder.Names);
        Assert.Empty(folder.Classes);
        Assert.Null(folder.Labels(4));
    }

    [Fact]
    public void Folders_are_classes_where_there_are_as_many_as_the_network_knows()
    {
        Put("cat/1.jpg", "ant/2.jpg", "ant/1.jpg", "bee/deep/1.jpg");
        PictureFolder folder = PictureFolder.Open(_folder.Path, "train");
        Assert.Equal(["ant/1.jpg", "ant/2.jpg", "bee/deep/1.jpg", "cat/1.jpg"], folder.Names);
        Assert.Equal([0, 0, 1, 2], folder.Labels(3)!);
        Assert.Null(folder.Labels(4));
        Put("stray.jpg");
        Assert.Null(PictureFolder.Open(_folder.Path, "train").Labels(3));
    }

    [Fact]
    public void Folders_named_by_numbers_are_those_outputs_of_the_network()
    {
        Put("2/a.jpg", "10/a.jpg");
        PictureFolder folder = PictureFolder.Open(_folder.Path, "train");
        Assert.Equal([10, 2], folder.Labels(1000)!);
        Assert.Equal([0, 1], folder.Labels(2)!);
        Assert.Null(folder.Labels(5));
    }

    [Fact]
    public void Splits_are_told_apart_and_unknown_ones_refused()
    {
        Put("train/a/1.jpg", "val/a/2.jpg", "val/b/3.jpg");
        Assert.Equal(["a/1.jpg"], PictureFolder.Open(_folder.Path, "train").Names);
        Assert.Equal(["a/2.jpg", "b/3.jpg"], PictureFolder.Open(_folder.Path, "validation").Names);
        Assert.Equal(_folder.File("val"), PictureFolder.Open(_folder.Path, "val").Path);
        Assert.Contains("It has train, val", Assert.Throws<UsageException>(() => PictureFolder.Open(_folder.Path, "test")).Hint, StringComparison.Ordinal);
    }

    [Theory, InlineData("Validation", "val"), InlineData("valid", "validation"), InlineData("Train", "train"), InlineData("TEST", "Test")]
    public void Splits_are_known_by_all_their_usual_names(string folder, string split)
    {
        Put($"{folder}/a/1.jpg");
        Assert.Equal((_folder.File(folder), "a/1.jpg"), (PictureFolder.Open(_folder.Path, split).Path, PictureFolder.Open(_folder.Path, split).Names.Single()));
    }

    [Fact]
    public void What_is_left_out_is_listed_and_told()
    {
        Put("a/1.jpg", "b/1.jfif", "b/.2.jpg");
        foreach (string file in new[] { "a/notes.txt", "c/1.xyz" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(file))!);
            File.WriteAllText(_folder.File(file), "");
        }

        Directory.CreateDirectory(_folder.File("d"));
        PictureFolder folder = PictureFolder.Open(_folder.Path, "train");
        Assert.Equal(["a/1.jpg", "b/1.jfif"], folder.Names);
        Assert.Equal(["a/notes.txt", "b/.2.jpg", "c/1.xyz", "d/"], folder.LeftOut);
        Assert.Contains("4 files are left out", folder.LeftOutInWords, StringComparison.Ordinal);
        // A folder without pictures keeps its number.
        Assert.Equal(["a", "b", "c", "d"], folder.Classes);
        Assert.Equal([0, 1], folder.Labels(4)!);
    }

    [Fact]
    public void Nothing_is_told_where_all_is_read()
    {
        Put("a/1.jpg", "b/2.png");
        PictureFolder folder = PictureFolder.Open(_folder.Path, "train");
        Assert.Empty(folder.LeftOut);
        Assert.Null(folder.LeftOutInWords);
    }

    [Fact]
    public void Names_that_are_not_utf8_are_refused_by_name()
    {
        Put("a/1.jpg");
        _folder.Shell(@"cp a/1.jpg $'a/caf\xe9.jpg'");
        Assert.Contains("is not UTF-8", Assert.Throws<UsageException>(() => PictureFolder.Open(_folder.Path, "train")).Message, StringComparison.Ordinal);
        _folder.Shell("rm a/caf*");
    }

    [Fact]
    public void Folders_without_pictures_are_refused()
    {
        Assert.Contains("no pictures", Assert.Throws<UsageException>(() => PictureFolder.Open(_folder.Path, "train")).Message, StringComparison.Ordinal);
        Assert.Contains("absent", Assert.Throws<UsageException>(() => PictureFolder.Open(_folder.File("absent"), "train")).Message, StringComparison.Ordinal);
    }

    private void Put(params string[] names)
    {
        foreach (string name in names) FlatPictures.Write(_folder.Path, name, 0);
    }
}
