using Sharpless.Torch;

namespace Sharpless.Pretrained;

/// <summary>A network in a general format, which turns images into features at named places.</summary>
public interface IForeignNetwork : IDisposable
{
    /// <summary>The format, as results name it.</summary>
    string Kind { get; }

    /// <summary>The places that <see cref="Run"/> gives, in its order.</summary>
    IReadOnlyList<string> Taps { get; }

    /// <summary>Rows of the images that the file asks for; null where it takes any number.</summary>
    int? ImageHeight { get; }

    /// <summary>Columns of the images that the file asks for; null where it takes any number.</summary>
    int? ImageWidth { get; }

    /// <summary>Features of images.</summary>
    /// <param name="images">[B, 3, H, W] Float32. Borrowed.</param>
    /// <returns>One tensor for each of <see cref="Taps"/>. Owned by the caller.</returns>
    IReadOnlyList<Tensor> Run(Tensor images);
}
