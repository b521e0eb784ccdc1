using Sharpless.Data;
using Sharpless.Data.Captions;
using Sharpless.Data.Pictures;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Pictures;

namespace Sharpless.Tests.Data.Captions;

public sealed class CaptionReaderTests : IDisposable
{
    private const int Side = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("colour.png", 9), InlineData("noise.jpg", 25), InlineData("flat_3.jpg", 64), InlineData("transparent.png", 16), InlineData("grey.jpg", 1)]
    public void Pictures_are_resized_as_PyTorch_does(string name, int side)
    {
        string path = GoldenFiles.PathOf("data", name);
        using ArrayFile golden = ArrayFile.Open(GoldenFiles.PathOf("captions", "resized.npz"));
        using Tensor expected = golden[$"{name}@{side}"].ToTensor();
        var pixels = new float[3 * side * side];
        BilinearResize.Write(PictureFile.Decode(File.ReadAllBytes(path), path), side, side, pixels);
        double[] reference = expected.ToArray<double>();
        // Places and weights are float32: an error of 1e-7 of the position in the picture times a step of 1 between neighbours.
        for (int i = 0; i < pixels.Length; i++) Assert.Equal(reference[i], pixels[i], 1e-5);
    }

    [Fact]
    public void Evaluation_reads_all_pictures_in_order_with_their_first_captions()
    {
        CaptionReader reader = Reader(7);
        List<int> sizes = [];
        int expected = 0;
        foreach (CaptionBatch batch in reader.Evaluation(3))
            using (batch)
            {
                Assert.Equal(sizes.Count, batch.Number);
                sizes.Add(batch.Count);
                Assert.Equal([batch.Count, 3, Side, Side], batch.Pictures.shape);
                for (int place = 0; place < batch.Count; place++, expected++)
                {
                    Assert.Equal(expected, batch.Examples[place]);
                    Assert.Equal($"{expected}.0", batch.Captions[place]);
                    AssertShows(expected, batch, place);
                }
            }
        Assert.Equal([3, 3, 1], sizes);
        Assert.Equal(5, reader.Evaluation(3, examples: 5).Sum(batch => { using (batch) return batch.Count; }));
    }

    [Fact]
    public void Training_goes_on_where_it_is_told_to()
    {
        CaptionReader reader = Reader(7);
        var order = new CaptionOrder(reader.Set, 2, BatchOrder.Random, CaptionChoice.Random, seed: 5);
        long step = 4;
        foreach (CaptionBatch batch in reader.Training(order, fromStep: 4).Take(5))
            using (batch)
            {
                Assert.Equal(step, batch.Number);
                Assert.Equal(order.At(step).Select(pair => $"{pair.Example}.{pair.Caption}"), batch.Captions);
                for (int place = 0; place < batch.Count; place++) AssertShows(batch.Examples[place], batch, place);
                step++;
            }
        Assert.Equal(9, step);
    }

    [Fact]
    public void Pictures_outlive_the_scopes_they_were_read_in()
    {
        CaptionReader reader = Reader(4);
        List<CaptionBatch> batches = [];
        foreach (CaptionBatch batch in reader.Evaluation(1))
        {
            using DisposeScope step = NewDisposeScope();
            batches.Add(batch);
        }
        foreach (CaptionBatch batch in batches)
        {
            AssertShows(batch.Examples[0], batch, 0);
            batch.Dispose();
        }
    }

    [Fact]
    public void A_damaged_picture_is_named_when_its_batch_is_reached()
    {
        CaptionReader reader = Reader(4);
        File.WriteAllBytes(reader.Set.Pictures[2].Path, [1, 2, 3]);
        List<long> read = [];
        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (CaptionBatch batch in reader.Evaluation(2))
                using (batch) read.Add(batch.Number);
        });
        Assert.Equal([0L], read);
        Assert.Contains(CaptionFiles.Name(2), error.Message, StringComparison.Ordinal);
    }

    private CaptionReader Reader(int count)
    {
        CaptionFiles.Write(_folder, "train", count);
        return new CaptionReader(CaptionFolder.Open(_folder.Path).Read("train"), Side);
    }

    // Picture k is of one colour: red 40 k + 20, green 235 - 40 k, blue 100, but for what JPEG makes of it.
    private static void AssertShows(int example, CaptionBatch batch, int place)
    {
        int k = example % 4;
        float[] expected = [(40 * k + 20) / 255f, (235 - 40 * k) / 255f, 100 / 255f], pixels = batch.Pictures.ToArray<float>();
        for (int i = 0; i < 3 * Side * Side; i++) Assert.Equal(expected[i / (Side * Side)], pixels[place * 3 * Side * Side + i], 0.01f);
    }
}
