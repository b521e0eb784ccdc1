using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>Shapes as error messages write them.</summary>
internal static class ShapeTexts
{
    /// <summary>Such as <c>[128, 3, 32, 32]</c>.</summary>
    internal static string ShapeText(this Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
