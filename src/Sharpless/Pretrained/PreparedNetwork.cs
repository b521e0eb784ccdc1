using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>A network behind another one that prepares its images, as published beside it.</summary>
/// <param name="preparation">
/// Gives what <paramref name="network"/> takes, first among its values. Owned by this from now on.
/// </param>
/// <param name="network">Owned by this from now on.</param>
public sealed class PreparedNetwork(IForeignNetwork preparation, IForeignNetwork network) : IForeignNetwork
{
    /// <inheritdoc/>
    public string Kind => network.Kind;

    /// <inheritdoc/>
    public IReadOnlyList<string> Taps => network.Taps;

    /// <inheritdoc/>
    public int? ImageHeight => preparation.ImageHeight ?? network.ImageHeight;

    /// <inheritdoc/>
    public int? ImageWidth => preparation.ImageWidth ?? network.ImageWidth;

    /// <inheritdoc/>
    /// <exception cref="UsageException">What the preparation gives are no images.</exception>
    public IReadOnlyList<Tensor> Run(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        Tensor prepared = preparation.Run(images)[0];
        if (prepared.Dimensions != 4 || prepared.size(0) != images.size(0) || prepared.size(1) != 3)
            throw new UsageException($"The preparation turns images {images.Text} into {prepared.Text}; expected [B, 3, H, W].",
                "Name the network that prepares images for the other one.");
        return network.Run(prepared);
    }

    /// <summary>Frees both networks.</summary>
    public void Dispose()
    {
        preparation.Dispose();
        network.Dispose();
    }
}
