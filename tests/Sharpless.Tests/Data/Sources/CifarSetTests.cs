using System.Formats.Tar;
using Sharpless.Data;
using Sharpless.Data.Sources;

namespace Sharpless.Tests.Data.Sources;

public sealed class CifarSetTests
{
    [Fact]
    public void Cifar10_is_read_from_its_published_archive()
    {
        using TemporaryFolder data = new();
        TinyCifar.WriteCifar10(data.Path);
        ImageData images = DataSets.Load("cifar10", data.Path);

        Assert.Equal(("cifar10", new ImageShape(3, 32, 32), 10), (images.Name, images.Shape, images.Classes));
        // Batches 1 to 5 in this order, whatever their order in the archive: batch b begins with label b.
        Assert.Equal([1, 7, 3, 2, 7, 3, 3, 7, 3, 4, 7, 3, 5, 7, 3], images.Train.Labels);
        Assert.Equal([0, 1, 7, 5], images.Test.Labels);
        for (int example = 0; example < images.Train.Count; example++)
            for (int y = 0; y < 32; y++)
                for (int x = 0; x < 32; x++)
                    for (int c = 0; c < 3; c++)
                        Assert.Equal(TinyCifar.Pixel(1 + example / 3, example % 3, c, y, x), images.Train.Bytes![((example * 32 + y) * 32 + x) * 3 + c]);
        Assert.Equal(new CropFlip(4), images.Augmentation);
    }

    [Fact]
    public void Cifar100_takes_the_fine_label_and_the_constants_of_Cifar10()
    {
        using TemporaryFolder data = new();
        TinyCifar.WriteCifar100(data.Path);
        ImageData images = DataSets.Load("cifar100", data.Path);

        Assert.Equal([99, 42], images.Train.Labels);
        Assert.Equal([17], images.Test.Labels);
        Assert.Equal(100, images.Classes);
        Assert.Equal([0.4914f, 0.4822f, 0.4465f], images.Train.Normalization.Mean);
        Assert.Equal([0.2023f, 0.1994f, 0.2010f], images.Test.Normalization.Std);

        ImageData own = DataSets.Load("cifar100", data.Path, NormalizationChoice.Dataset);
        Assert.Equal([0.5071f, 0.4867f, 0.4408f], own.Train.Normalization.Mean);
        Assert.Equal([0.2675f, 0.2565f, 0.2761f], own.Test.Normalization.Std);
    }

    [Theory, InlineData("cifar10_horse_car", new[] { 1, 0, 0, 0, 0, 0 }, new[] { 1, 0 }), InlineData("cifar10_dog_cat", new[] { 1, 1, 1, 1, 1, 0, 1 }, new[] { 0 })]
    public void A_pair_of_classes_is_taken_out_of_Cifar10(string name, int[] train, int[] test)
    {
        using TemporaryFolder data = new();
        TinyCifar.WriteCifar10(data.Path);
        ImageData images = DataSets.Load(name, data.Path);
        Assert.Equal((name, 2), (images.Name, images.Classes));
        Assert.Equal(train, images.Train.Labels);
        Assert.Equal(test, images.Test.Labels);
        Assert.Equal([0.4914f, 0.4822f, 0.4465f], images.Train.Normalization.Mean);
    }

    [Fact]
    public void The_pictures_of_a_pair_go_with_their_labels()
    {
        using TemporaryFolder data = new();
        TinyCifar.WriteCifar10(data.Path);
        byte[] pixels = DataSets.Load("cifar10_horse_car", data.Path).Train.Bytes!;
        // Label 1 stands first in batch 1 only, 7 second in every batch.
        Assert.Equal(TinyCifar.Pixel(1, 0, 2, 5, 6), pixels[(5 * 32 + 6) * 3 + 2]);
        Assert.Equal(TinyCifar.Pixel(2, 1, 0, 0, 3), pixels[2 * 3072 + 3 * 3]);
    }

    [Fact]
    public void A_set_that_is_not_there_says_how_to_get_it()
    {
        using TemporaryFolder data = new();
        var error = Assert.Throws<UsageException>(() => DataSets.Load("cifar10_horse_car", data.Path));
        Assert.Contains("cifar10 (www.cs.toronto.edu) was not found", error.Message, StringComparison.Ordinal);
        Assert.Contains("sharpless data get cifar10", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_archive_is_refused_in_one_line()
    {
        byte[] whole = TinyCifar.Cifar10Archive();
        Refused(whole[..(whole.Length / 2)], "cifar-10-binary.tar.gz");
        Refused([1, 2, 3], "cannot be read as tar in gzip");
        Refused([], "cannot be read as tar in gzip");
        Refused(TinySet.Tarball([.. TinyCifar.Cifar10Members().Where(member => member.Name != "cifar-10-batches-bin/data_batch_3.bin")]), "lacks cifar-10-batches-bin/data_batch_3.bin");
        Refused(Changed(content => content[..^1]), "holds a file of 9218 bytes; expected a whole number of records of 3073 bytes");
        Refused(Changed(content => { content[3073] = 10; return content; }), "gives example 4 the label 10; classes run from 0 to 9");
        Refused(TinySet.Tarball(TinySet.Member("cifar-10-batches-py/data_batch_1", [0x80, 2])), "lacks cifar-10-batches-bin/data_batch_1.bin");
        TarEntry[] members = TinyCifar.Cifar10Members();
        members[1] = new PaxTarEntry(TarEntryType.SymbolicLink, members[1].Name) { LinkName = "/etc/passwd" };
        Refused(TinySet.Tarball(members), "holds a file of 0 bytes");
    }

    // An archive whose second batch is changed.
    private static byte[] Changed(Func<byte[], byte[]> change)
    {
        TarEntry[] members = TinyCifar.Cifar10Members();
        int second = Array.FindIndex(members, member => member.Name.EndsWith("data_batch_2.bin", StringComparison.Ordinal));
        members[second] = TinySet.Member(members[second].Name, change(TinyCifar.Batch(2, [2, 7, 3])));
        return TinySet.Tarball(members);
    }

    private static void Refused(byte[] archive, string text)
    {
        using TemporaryFolder data = new();
        Directory.CreateDirectory(data.File("cifar10"));
        File.WriteAllBytes(data.File("cifar10/cifar-10-binary.tar.gz"), archive);
        var error = Assert.Throws<UsageException>(() => DataSets.Load("cifar10", data.Path));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
