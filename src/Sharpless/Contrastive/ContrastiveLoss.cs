using Sharpless.Torch;

namespace Sharpless.Contrastive;

/// <summary>
/// The contrastive loss of pictures and their texts: the mean cross entropy of finding a picture's text among those of the batch, and a text's picture, in
/// equal parts (arXiv:2103.00020, figure 3).
/// </summary>
public static class ContrastiveLoss
{
    // Inside the logarithm and after the softmax, as published (contrastive code of arXiv:2305.16292): no pair can cost more than 46.
    private const double Epsilon = 1e-20;


    /// <summary>mean over i of ½ [-log(ε + softmax over texts (L)ᵢᵢ) - log(ε + softmax over pictures (L)ᵢᵢ)], where L = x tᵀ / temperature.</summary>
    /// <param name="images">x [B, E], of length 1 each.</param>
    /// <param name="texts">t [B, E], of length 1 each; the i-th belongs to the i-th picture.</param>
    /// <param name="temperature">Above 0; published 0.05.</param>
    /// <returns>One number.</returns>
    public static Tensor Of(Tensor images, Tensor texts, double temperature)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        if (!(temperature > 0 && double.IsFinite(temperature))) throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature must be finite and above 0.");
        Tensor logits = images.MatrixProduct(texts.transpose(0, 1)) / temperature;
        return (MeanLog(logits, dimension: 1) + MeanLog(logits, dimension: 0)) * -0.5;
    }

    private static Tensor MeanLog(Tensor logits, long dimension) => (logits.softmax(dimension).diagonal() + Epsilon).log().mean();
}
