using Sharpless.Contrastive;
using Sharpless.Data.Captions;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Training;

namespace Sharpless.Tests.Contrastive;

/// <summary>What texts find, against the obvious way over the same embeddings.</summary>
public sealed class TextQueryTests : IDisposable
{
    private readonly GoldenRun _golden = new();

    public void Dispose() => _golden.Dispose();

    [Fact]
    public void The_nearest_pictures_come_first()
    {
        IReadOnlyList<TextQuery> queries = TextQuery.First(_golden.Run, _golden.Reader, queries: 3, pictures: 4);
        using var scope = NewDisposeScope();
        (Tensor images, Tensor texts, IReadOnlyList<string> captions) = _golden.Run.Embedder.EmbedAll(_golden.Reader, 4);
        float[] x = images.ToArray<float>(), t = texts.ToArray<float>();
        int width = (int)images.size(1);
        Assert.Equal(captions.Distinct().Take(3), queries.Select(query => query.Text));
        foreach (TextQuery query in queries)
        {
            double[] cosines = [.. Enumerable.Range(0, captions.Count).Select(i => Enumerable.Range(0, width).Sum(k => (double)x[i * width + k] * t[query.Example * width + k]))];
            Assert.Equal(query.Text, captions[query.Example]);
            Assert.Equal(cosines.OrderDescending().Take(4), query.Nearest.Select(found => cosines[found.Example]));
            Assert.All(query.Nearest, found => Assert.Equal(cosines[found.Example], found.Similarity, 1e-6));
        }
    }

    [Fact]
    public void More_than_there_are_gives_all()
    {
        IReadOnlyList<TextQuery> queries = TextQuery.First(_golden.Run, _golden.Reader, queries: 100, pictures: 100);
        Assert.InRange(queries.Count, 1, _golden.Reader.Set.Count);
        Assert.All(queries, query => Assert.Equal(Enumerable.Range(0, _golden.Reader.Set.Count), query.Nearest.Select(found => found.Example).Order()));
    }

    [Fact]
    public void Pictures_are_shown_as_they_are_read()
    {
        using CaptionBatch batch = _golden.Reader.Evaluation(1).First();
        float[] read = batch.Pictures.ToArray<float>();
        Torch.Pictures.Picture picture = Torch.Pictures.PictureFile.Decode(_golden.Reader.Png(0), "shown");
        int plane = picture.Width * picture.Height;
        Assert.Equal(read.Length, 3 * plane);
        for (int i = 0; i < read.Length; i++) Assert.Equal(read[i], picture.Rgba[i % plane * 4 + i / plane] / 255f, 0.5f / 255 + 1e-6f);
    }
}
