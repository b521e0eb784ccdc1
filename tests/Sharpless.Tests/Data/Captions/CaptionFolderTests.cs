using Sharpless.Data.Captions;
using Sharpless.Tests.Data.Sources;

namespace Sharpless.Tests.Data.Captions;

public sealed class CaptionFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("images"), InlineData("train2014"), InlineData(".")]
    public void Pictures_are_found_and_keep_the_order_of_the_annotations(string pictures)
    {
        CaptionFiles.Write(_folder, "train2014", 5, pictures);
        CaptionFolder folder = CaptionFolder.Open(_folder.Path);
        Assert.Equal(["train2014"], folder.Splits);
        CaptionSet set = folder.Read("train");
        Assert.Equal("train2014", set.Name);
        Assert.Equal(5, set.Count);
        for (int i = 0; i < set.Count; i++)
        {
            Assert.Equal($"{CaptionFiles.Id(i)}", set.Pictures[i].Id);
            Assert.Equal(Path.GetFullPath(_folder.File(Path.Combine(pictures, CaptionFiles.Name(i)))), set.Pictures[i].Path);
            Assert.Equal(CaptionFiles.Captions(i), set.Pictures[i].Captions);
        }
    }

    [Fact]
    public void Val_stands_for_test_only_where_there_is_no_test()
    {
        CaptionFiles.Write(_folder, "val2017", 2);
        Assert.Equal("val2017", CaptionFolder.Open(_folder.Path).Read("test").Name);
        CaptionFiles.Write(_folder, "test", 3);
        Assert.Equal(3, CaptionFolder.Open(_folder.Path).Read("test").Count);
    }

    [Fact]
    public void The_splits_of_Karpathy_take_precedence()
    {
        CaptionFiles.Write(_folder, "train2014", 3);
        FlatPictures.Write(_folder.File("images/val2014"), "a.jpg", 0);
        FlatPictures.Write(_folder.File("images"), "b.jpg", 1);
        FlatPictures.Write(_folder.File("images"), "c.jpg", 2);
        CaptionFiles.Write(_folder, "dataset_coco.json", """
            {"dataset": "coco", "images": [
              {"filepath": "val2014", "filename": "a.jpg", "imgid": 0, "split": "test", "sentids": [7], "sentences": [{"tokens": ["a"], "raw": "A.", "sentid": 7}]},
              {"filename": "b.jpg", "imgid": 1, "split": "restval", "sentences": [{"raw": "B."}, {"raw": "B"}]},
              {"filename": "c.jpg", "imgid": 2, "split": "restval", "sentences": [{"raw": "C."}]}]}
            """);
        CaptionFolder folder = CaptionFolder.Open(_folder.Path);
        Assert.Equal(["restval", "test"], folder.Splits);
        CaptionedPicture test = Assert.Single(folder.Read("test").Pictures);
        Assert.EndsWith("/images/val2014/a.jpg", test.Path, StringComparison.Ordinal);
        Assert.Equal(["A."], test.Captions);
        Assert.Equal(["1 B.|B", "2 C."], folder.Read("restval").Pictures.Select(picture => $"{picture.Id} {string.Join('|', picture.Captions)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Folders_and_splits_that_are_not_there_are_refused()
    {
        Assert.Contains("There is no folder", Assert.Throws<UsageException>(() => CaptionFolder.Open(_folder.File("none"))).Message, StringComparison.Ordinal);
        Assert.Contains("sharpless data get emoji-captions", Assert.Throws<UsageException>(() => CaptionFolder.Open(_folder.Path)).Hint, StringComparison.Ordinal);
        CaptionFiles.Write(_folder, "val2014", 2);
        CaptionFiles.Write(_folder, "val2017", 2);
        CaptionFolder folder = CaptionFolder.Open(_folder.Path);
        Assert.Equal("Its splits are val2014, val2017.", Assert.Throws<UsageException>(() => folder.Read("train")).Hint);
        Assert.Contains("several splits val: val2014, val2017", Assert.Throws<UsageException>(() => folder.Read("val")).Message, StringComparison.Ordinal);
        File.Delete(_folder.File("images/picture_1.jpg"));
        UsageException absent = Assert.Throws<UsageException>(() => folder.Read("val2014"));
        Assert.Contains("1 of the 2 pictures of the split val2014 are not there, the first is picture_1.jpg", absent.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("images"), absent.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"images": [], "annotations": []}""", "no pictures")]
    [InlineData("""{"annotations": []}""", "not of the expected form")]
    [InlineData("""{"images": [null], "annotations": []}""", "not of the expected form at $.images[0]")]
    [InlineData("""{"images": [{"id": 1}], "annotations": []}""", "not of the expected form at $.images[0]")]
    [InlineData("""{"images": [{"id": 1, "file_name": null}], "annotations": []}""", "not of the expected form at $.images[0].file_name")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}""", "no caption of the picture 1 (a.jpg)")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}], "annotations": []}""", "two pictures with the id 1")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 2, "caption": ""}]}""", "a caption of the picture 2, which is not in its list")]
    [InlineData("""{"images": [{"id": 1, "file_name": "../a.jpg"}], "annotations": [{"image_id": 1, "caption": ""}]}""", "'../a.jpg', which is no file inside the folder of pictures")]
    [InlineData("""{"images": [{"id": 1, "file_name": "/a.jpg"}], "annotations": [{"image_id": 1, "caption": ""}]}""", "'/a.jpg', which is no file inside the folder of pictures")]
    [InlineData("""{"images": [""", "not valid JSON")]
    [InlineData("null", "It holds null")]
    public void Damaged_annotations_are_refused_by_name(string content, string expected)
    {
        CaptionFiles.Write(_folder, "annotations/captions_train.json", content);
        string message = Assert.Throws<InvalidDataException>(() => CaptionFolder.Open(_folder.Path).Read("train")).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("captions_train.json", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "7", "7")]
    [InlineData("7.0", "7", "7")]
    [InlineData("\"7\"", "7", "7")]
    [InlineData("7", "\"7\"", "7")]
    [InlineData("\"a.b\"", "\"a.b\"", "a.b")]
    [InlineData("\"007\"", "\"007\"", "007")]
    [InlineData("900719925474099267", "900719925474099267", "900719925474099267")]
    [InlineData("900719925474099267.0", "9.00719925474099267e17", "900719925474099267")]
    public void Ids_are_read_as_programs_write_them(string id, string reference, string expected)
    {
        FlatPictures.Write(_folder.Path, "a.jpg", 0);
        CaptionFiles.Write(_folder, "annotations/captions_train.json", $$"""
            {"images": [{"id": {{id}}, "file_name": "a.jpg"}, {"id": "other", "file_name": "a.jpg"}],
             "annotations": [{"id": NaN, "image_id": {{reference}}, "caption": "A."}, {"image_id": "other", "caption": "NaN, \"Infinity\""}]}
            """);
        CaptionSet set = CaptionFolder.Open(_folder.Path).Read("train");
        Assert.Equal([expected, "other"], set.Pictures.Select(picture => picture.Id));
        Assert.Equal(["A."], set.Pictures[0].Captions);
        Assert.Equal(["NaN, \"Infinity\""], set.Pictures[1].Captions);
        Assert.Empty(set.PassedOver);
    }

    [Theory]
    [InlineData("7.5", "at $.images[0].id")]
    [InlineData("NaN", "at $.images[0]")]
    [InlineData("null", "at $.images[0]")]
    [InlineData("true", "at $.images[0].id")]
    [InlineData("1e40", "at $.images[0].id")]
    [InlineData("[7]", "at $.images[0].id")]
    public void Ids_that_are_none_are_refused_by_name(string id, string expected)
    {
        CaptionFiles.Write(_folder, "annotations/captions_train.json", $$"""{"images": [{"id": {{id}}, "file_name": "a.jpg"}], "annotations": []}""");
        string message = Assert.Throws<InvalidDataException>(() => CaptionFolder.Open(_folder.Path).Read("train")).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("captions_train.json", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Captions_that_are_null_or_NaN_are_passed_over_and_counted()
    {
        FlatPictures.Write(_folder.Path, "a.jpg", 0);
        CaptionFiles.Write(_folder, "annotations/captions_train.json", """
            {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "a.jpg"}],
             "annotations": [{"image_id": 1, "caption": "A."}, {"image_id": 2, "caption": null}, {"image_id": 2, "caption": "B."}, {"image_id": 1, "caption": NaN}]}
            """);
        CaptionSet set = CaptionFolder.Open(_folder.Path).Read("train");
        Assert.Equal(["A.|B."], [string.Join('|', set.Pictures.SelectMany(picture => picture.Captions))]);
        Assert.EndsWith("captions_train.json that are null, the first of the picture 2", Assert.Single(set.PassedOver), StringComparison.Ordinal);
        Assert.StartsWith("2 captions in ", set.PassedOver[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": null}]}""", "no caption of the picture 1 (a.jpg)")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": 5}]}""", "at $.annotations[0].caption")]
    [InlineData("""{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1}]}""", "at $.annotations[0]")]
    [InlineData("""{"images": [{"id": 1, "file_name": NaN}], "annotations": []}""", "at $.images[0].file_name")]
    public void Annotations_that_leave_a_picture_without_caption_or_file_are_refused_by_name(string content, string expected)
    {
        CaptionFiles.Write(_folder, "annotations/captions_train.json", content);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => CaptionFolder.Open(_folder.Path).Read("train")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Karpathy_files_with_such_ids_and_captions_are_read()
    {
        FlatPictures.Write(_folder.Path, "a.jpg", 0);
        CaptionFiles.Write(_folder, "dataset_own.json", """
            {"images": [{"filename": "a.jpg", "filepath": NaN, "imgid": "x1", "split": "train", "sentences": [{"raw": null}, {"raw": "A."}]},
                        {"filename": "a.jpg", "imgid": 2.0, "split": "train", "sentences": [{"raw": "B."}]}]}
            """);
        CaptionSet set = CaptionFolder.Open(_folder.Path).Read("train");
        Assert.Equal(["2 B.", "x1 A."], set.Pictures.Select(picture => $"{picture.Id} {string.Join('|', picture.Captions)}").Order(StringComparer.Ordinal));
        Assert.EndsWith("dataset_own.json that is null, the first of the picture x1", Assert.Single(set.PassedOver), StringComparison.Ordinal);
    }

    [Fact]
    public void Annotations_that_are_no_UTF8_are_refused_at_their_byte()
    {
        CaptionFiles.Write(_folder, "annotations/captions_train.json", "");
        File.WriteAllBytes(_folder.File("annotations/captions_train.json"), [.. "{\"images\": [{\"id\": 1, \"file_name\": \"caf"u8, 0xe9, .. ".jpg\"}], \"annotations\": []}"u8]);
        Assert.Contains("captions_train.json, byte 39: line 1: not valid JSON (the byte E9 is not UTF-8)", Assert.Throws<InvalidDataException>(() => CaptionFolder.Open(_folder.Path).Read("train")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_caption_is_a_caption()
    {
        CaptionFiles.Write(_folder, "annotations/captions_train.json", """{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "caption": ""}]}""");
        FlatPictures.Write(_folder.Path, "a.jpg", 0);
        Assert.Equal([""], CaptionFolder.Open(_folder.Path).Read("train").Pictures[0].Captions);
    }
}
