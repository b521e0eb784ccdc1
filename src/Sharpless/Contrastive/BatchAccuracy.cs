using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>Retrieval within a batch, as published: of equal candidates the first counts.</summary>
internal static class BatchAccuracy
{
    /// <summary>Counts the pictures whose own text is the nearest of the batch's texts, and the texts whose own picture is the nearest.</summary>
    /// <param name="images">[B, E].</param>
    /// <param name="texts">[B, E].</param>
    internal static (double Textwise, double Imagewise) Count(Tensor images, Tensor texts)
    {
        Tensor similarities = images.MatrixProduct(texts.transpose(0, 1)), own = arange(0, images.size(0), device: images.device);
        return (similarities.argmax(1).eq(own).sum().Item(), similarities.argmax(0).eq(own).sum().Item());
    }
}
