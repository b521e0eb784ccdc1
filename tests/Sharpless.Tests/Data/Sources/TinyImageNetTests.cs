using System.IO.Compression;
using System.Text;
using Sharpless.Data;

namespace Sharpless.Tests.Data.Sources;

public sealed class TinyImageNetTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    // As published: the folder test has no labels, boxes stand beside the pictures.
    private readonly Dictionary<string, byte[]> _published = new()
    {
        ["wnids.txt"] = "n02\nn01\n"u8.ToArray(),
        ["words.txt"] = "n01\tfish\n"u8.ToArray(),
        ["train/n02/n02_boxes.txt"] = "n02_0.JPEG\t0\t10\t63\t58\n"u8.ToArray(),
        ["train/n02/images/n02_0.JPEG"] = FlatPictures.Jpeg(0),
        ["train/n02/images/n02_1.JPEG"] = FlatPictures.Jpeg(1),
        ["train/n01/images/n01_0.JPEG"] = FlatPictures.Jpeg(2),
        ["train/n01/images/n01_1.JPEG"] = FlatPictures.Jpeg(FlatPictures.Grey),
        ["val/images/val_0.JPEG"] = FlatPictures.Jpeg(3),
        ["val/images/val_1.JPEG"] = FlatPictures.Jpeg(5),
        ["val/val_annotations.txt"] = "val_0.JPEG\tn02\t0\t32\t44\t62\nval_1.JPEG\tn01\t5\t6\t7\t8\n"u8.ToArray(),
        ["test/images/test_0.JPEG"] = FlatPictures.Jpeg(0),
    };

    public void Dispose() => _data.Dispose();

    [Theory, InlineData("zip"), InlineData("folder")]
    public void The_published_layout_is_read(string form)
    {
        Publish(form);
        AssertLoaded();
    }

    [Theory, InlineData("val/n02/val_0.JPEG", "val/n01/val_1.JPEG"), InlineData("val/n02/images/val_0.JPEG", "val/n01/images/val_1.JPEG")]
    public void A_validation_folder_reorganised_by_classes_is_read(string first, string second)
    {
        foreach ((string from, string to) in new[] { ("val/images/val_0.JPEG", first), ("val/images/val_1.JPEG", second) })
        {
            _published.Remove(from, out byte[]? picture);
            _published[to] = picture!;
        }
        _published.Remove("val/val_annotations.txt");
        Publish("folder");
        AssertLoaded();
    }

    [Theory, InlineData("val/n02/images/val_0.JPEG"), InlineData("val/n02/val_0.JPEG")]
    public void A_picture_that_was_copied_into_its_class_counts_once(string copy)
    {
        _published[copy] = FlatPictures.Jpeg(3);
        Publish("folder");
        AssertLoaded();
        Assert.Equal([copy], DataSets.Load("tiny_imagenet", _data.Path).LeftOut);
    }

    [Fact]
    public void A_picture_in_two_classes_is_refused()
    {
        _published["val/n01/images/val_0.JPEG"] = FlatPictures.Jpeg(3);
        Publish("folder");
        Refused("val/n01/images/val_0.JPEG, which is of class n02 by val/val_annotations.txt");
    }

    [Fact]
    public void What_is_no_picture_is_listed_and_a_class_without_any_is_refused()
    {
        Publish("folder");
        Assert.Empty(DataSets.Load("tiny_imagenet", _data.Path).LeftOut);
        _published["train/n01/images/n01_2.xyz"] = [1];
        Publish("folder");
        ImageData images = DataSets.Load("tiny_imagenet", _data.Path);
        Assert.Equal(["train/n01/images/n01_2.xyz"], images.LeftOut);
        Assert.Contains("1 file is left out", Assert.Single(images.Notes), StringComparison.Ordinal);
        _published["train/n03/images/n03_0.xyz"] = [1];
        Publish("folder");
        Refused("the class train/n03 without pictures");
    }

    [Fact]
    public void The_order_is_shuffled_but_the_same_each_time()
    {
        _published["train/n01/images/n01_1.JPEG"] = FlatPictures.Jpeg(3);
        for (int i = 0; i < 40; i++) _published[$"train/n0{1 + i / 20}/images/more_{i}.JPEG"] = FlatPictures.Jpeg(i % 4);
        Publish("zip");
        ImageSet first = DataSets.Load("tiny_imagenet", _data.Path).Train, second = DataSets.Load("tiny-imagenet", _data.Path).Train;
        Assert.Equal(first.Labels, second.Labels);
        Assert.Equal(first.Bytes, second.Bytes);
        // Both classes are among the first eight; in the order of the folders the first 22 are of one.
        Assert.Equal([0, 1], first.Labels[..8].Distinct().Order());
    }

    [Fact]
    public void A_damaged_archive_is_refused_in_one_line()
    {
        Refused(name => name == "val/val_annotations.txt", null, "val/images/*.JPEG without val/val_annotations.txt");
        Refused(name => name.StartsWith("train", StringComparison.Ordinal), null, "no pictures train/CLASS/images/NAME.JPEG");
        Refused(name => name.StartsWith("val/images", StringComparison.Ordinal), null, "no pictures val/images/NAME.JPEG");
        Refused(name => name == "val/val_annotations.txt", "val_0.JPEG\tn02\n"u8.ToArray(), "val/images/val_1.JPEG without a line in");
        Refused(name => name == "val/val_annotations.txt", "val_0.JPEG\tn02\nval_1.JPEG\tn03\n"u8.ToArray(), "of class n03, which no training picture has");
        Refused(name => name == "val/val_annotations.txt", "val_0.JPEG n02\n"u8.ToArray(), "the line 'val_0.JPEG n02'");
        Refused(name => name == "train/n01/images/n01_0.JPEG", FlatPictures.Jpeg(2)[..200], "n01_0.JPEG");
        Refused(name => name == "train/n01/images/n01_0.JPEG", File.ReadAllBytes(GoldenFiles.PathOf("data", "colour.jpg")), "n01_0.JPEG is 37x21; the other pictures are 64x64");
        Refused(name => name == "train/n01/images/n01_0.JPEG", "pickle"u8.ToArray(), "n01_0.JPEG, byte 0: the bytes 7069636B");

        Publish("zip");
        string path = _data.File("tiny_imagenet/tiny-imagenet-200.zip");
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Refused("a zip archive without its directory");
        int picture = whole.AsSpan().IndexOf(FlatPictures.Jpeg(2));
        Assert.True(picture > 0, "a stored member");
        whole[picture + 300] ^= 1;
        File.WriteAllBytes(path, whole);
        Refused("bytes with CRC-32");
    }

    private void AssertLoaded()
    {
        ImageData images = DataSets.Load("tiny_imagenet", _data.Path);
        Assert.Equal((new ImageShape(3, 64, 64), 2), (images.Shape, images.Classes));
        // n01 is class 0, n02 class 1.
        Assert.Equal([(0, 1), (1, 1), (2, 0), (FlatPictures.Grey, 0)], FlatPictures.All(images.Train));
        Assert.Equal([(3, 1), (5, 0)], FlatPictures.All(images.Test));
        Assert.Equal([0.485f, 0.456f, 0.406f], images.Train.Normalization.Mean);
        Assert.Equal([0.229f, 0.224f, 0.225f], images.Test.Normalization.Std);
        Assert.Equal(new CropFlip(8), images.Augmentation);
    }

    private void Refused(Predicate<string> which, byte[]? instead, string text)
    {
        Dictionary<string, byte[]> whole = new(_published);
        foreach (string name in whole.Keys.Where(name => which(name)))
        {
            _published.Remove(name);
            if (instead != null) _published[name] = instead;
        }
        Publish("zip");
        Refused(text);
        _published.Clear();
        foreach ((string name, byte[] content) in whole) _published[name] = content;
    }

    private void Refused(string text)
    {
        Exception error = Assert.ThrowsAny<Exception>(() => DataSets.Load("tiny_imagenet", _data.Path));
        Assert.True(error is UsageException or InvalidDataException, error.ToString());
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private void Publish(string form)
    {
        string place = _data.File("tiny_imagenet");
        Directory.CreateDirectory(place);
        if (form == "folder")
        {
            foreach ((string name, byte[] content) in _published)
            {
                string path = Path.Combine(place, "tiny-imagenet-200", name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, content);
            }
            return;
        }
        using ZipArchive archive = new(File.Create(Path.Combine(place, "tiny-imagenet-200.zip")), ZipArchiveMode.Create, leaveOpen: false, Encoding.UTF8);
        archive.CreateEntry("tiny-imagenet-200/");
        foreach ((string name, byte[] content) in _published)
        {
            // Pictures are stored, texts compressed, as zip programs do.
            ZipArchiveEntry entry = archive.CreateEntry("tiny-imagenet-200/" + name, name.EndsWith(".txt", StringComparison.Ordinal) ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
            using Stream stream = entry.Open();
            stream.Write(content);
        }
    }
}
