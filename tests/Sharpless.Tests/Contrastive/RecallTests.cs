using Sharpless.Contrastive;
using Sharpless.Torch;

namespace Sharpless.Tests.Contrastive;

public class RecallTests
{
    [Fact]
    public void Recall_and_chance_are_those_of_counting()
    {
        using var scope = NewDisposeScope();
        // One query at angle 0; twelve candidates at growing angles, of which the seventh and the ninth are answers.
        Tensor query = Tensor.From<float>([1, 0], 1, 2);
        float[] candidates = [.. Enumerable.Range(0, 12).SelectMany(i => new[] { MathF.Cos(0.1f * i), MathF.Sin(0.1f * i) })];
        Recall recall = Recall.Of(query, Tensor.From(candidates, 12, 2), (_, candidate) => candidate is 6 or 8);
        Assert.Equal([0, 0, 1], Recall.Ks.Select(k => recall.At[k]));
        Assert.Equal((1, 12), (recall.Queries, recall.Candidates));
        // Of the C(12, k) choices of the first k, C(10, k) hold no answer.
        Assert.Equal(2.0 / 12, recall.Chance[1], tolerance: 1e-12);
        Assert.Equal(1 - (252.0 / 792), recall.Chance[5], tolerance: 1e-12);
        Assert.Equal(1 - (1.0 / 66), recall.Chance[10], tolerance: 1e-12);
    }

    [Fact]
    public void Of_equal_candidates_the_earlier_comes_first()
    {
        using var scope = NewDisposeScope();
        Tensor queries = Tensor.From<float>([1, 1], 2, 1), candidates = Tensor.From<float>([1, 1], 2, 1);
        Assert.Equal(0.5, Recall.Of(queries, candidates, (query, candidate) => query == candidate).At[1]);
    }

    [Fact]
    public void More_queries_than_one_block_are_all_counted()
    {
        using var scope = NewDisposeScope();
        const int Count = 300;
        float[] angles = [.. Enumerable.Range(0, Count).SelectMany(i => new[] { MathF.Cos(0.01f * i), MathF.Sin(0.01f * i) })];
        Tensor points = Tensor.From(angles, Count, 2);
        Recall recall = Recall.Of(points, points, (query, candidate) => query == candidate);
        Assert.Equal((1.0, Count), (recall.At[1], recall.Queries));
        Assert.Equal(1.0 / Count, recall.Chance[1], tolerance: 1e-12);
    }

    [Fact]
    public void A_text_of_several_pictures_is_one_candidate_and_any_of_them_answers_it()
    {
        using var scope = NewDisposeScope();
        // Two pictures of a dog and one of a cat. The first dog lies nearer to the cat's text, the second dog at its own.
        Tensor images = Tensor.From<float>([0, 1, 1, 0, 0, 1], 3, 2), texts = Tensor.From<float>([1, 0, 1, 0, 0, 1], 3, 2);
        Retrieval found = Retrieval.Of(images, texts, ["dog", "dog", "cat"]);
        Assert.Equal((3, 2), (found.ImageToText.Queries, found.ImageToText.Candidates));
        Assert.Equal((2, 3), (found.TextToImage.Queries, found.TextToImage.Candidates));
        Assert.Equal(2.0 / 3, found.ImageToText.At[1], tolerance: 1e-12);
        // "dog" finds the second dog; "cat" finds the first dog, which comes before the cat and is as near.
        Assert.Equal(0.5, found.TextToImage.At[1]);
        Assert.Equal(1, found.TextToImage.At[5]);
    }
}
