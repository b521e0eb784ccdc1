using Sharpless.Torch;

namespace Sharpless.Data.Pictures;

/// <summary>Decoded pictures. Owns its tensor: dispose it once the batch is done.</summary>
/// <param name="Tag">What the caller calls the batch.</param>
/// <param name="Pictures">[B, 3, H, W], Float32 in [0, 1], on the CPU. Not set where a picture is damaged.</param>
/// <param name="Damage">For each picture why it could not be decoded; null where it was.</param>
internal sealed record PictureBatch<T>(T Tag, Tensor Pictures, IReadOnlyList<InvalidDataException?> Damage) : IDisposable
{
    /// <summary>Frees the pictures.</summary>
    public void Dispose() => Pictures.Dispose();
}
