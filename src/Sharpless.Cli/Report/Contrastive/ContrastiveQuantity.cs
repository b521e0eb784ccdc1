namespace Sharpless.Cli.Report.Contrastive;

/// <summary>What the evaluations of an image-text run measure, by the columns of its <c>metrics.csv</c>.</summary>
/// <param name="Column">The column.</param>
/// <param name="Name">As a title.</param>
/// <param name="Unit">How its numbers are written.</param>
internal sealed record ContrastiveQuantity(string Column, string Name, Unit Unit)
{
    public static readonly ContrastiveQuantity TestLoss = new("test_loss", "Test loss", Unit.Number);
    public static readonly ContrastiveQuantity Imagewise = new("imagewise_acc", "Own picture nearest to a text, in batches", Unit.Percent);
    public static readonly ContrastiveQuantity Textwise = new("textwise_acc", "Own text nearest to a picture, in batches", Unit.Percent);
    public static readonly ContrastiveQuantity ImageRank = OfRank("image", "0.99");
    public static readonly ContrastiveQuantity TextRank = OfRank("text", "0.99");
    public static readonly ContrastiveQuantity PictureOfText = OfRecall("text_to_image", "picture of a text", 1);
    public static readonly ContrastiveQuantity TextOfPicture = OfRecall("image_to_text", "text of a picture", 1);

    /// <summary>Retrieval in batches and over the whole split.</summary>
    public static IReadOnlyList<ContrastiveQuantity> Retrieval { get; } =
    [
        Imagewise, Textwise,
        .. new[] { 1, 5, 10 }.Select(k => OfRecall("text_to_image", "picture of a text", k)), new("text_to_image.chance1", "the same by chance, at 1", Unit.Percent),
        .. new[] { 1, 5, 10 }.Select(k => OfRecall("image_to_text", "text of a picture", k)), new("image_to_text.chance1", "the same by chance, at 1", Unit.Percent),
    ];

    /// <summary>Ranks of the embeddings at all shares.</summary>
    public static IReadOnlyList<ContrastiveQuantity> Ranks { get; } = [.. from side in new[] { "image", "text" } from share in new[] { "0.99", "0.95", "0.9", "0.85" } select OfRank(side, share)];

    private static ContrastiveQuantity OfRank(string side, string share) => new($"{side}_rank.{share}", $"Rank of the {side} embeddings at {share}", Unit.Count);

    private static ContrastiveQuantity OfRecall(string direction, string what, int k) => new($"{direction}.r{k}", $"Whole split: {what}, recall at {k}", Unit.Percent);
}
