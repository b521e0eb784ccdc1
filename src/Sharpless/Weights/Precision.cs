using System.Text.Json.Serialization;
using Sharpless.Kernels;
using Sharpless.Torch;

namespace Sharpless.Weights;

/// <summary>Type of the point: the copy of the weights that the model computes with. The master weights are float32 always.</summary>
public enum Precision
{
    /// <summary>Everything float32.</summary>
    [JsonStringEnumMemberName("fp32")]
    Float32,
    /// <summary>Weights of matrices and convolutions in bfloat16; normalization stays float32.</summary>
    [JsonStringEnumMemberName("bf16")]
    BFloat16,
}

/// <summary>Facts about <see cref="Precision"/>.</summary>
public static class PrecisionExtensions
{
    /// <summary>Type of the images that a model of this precision takes.</summary>
    public static ScalarType ImageType(this Precision precision) => precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>
    /// Order of images, activations and convolution weights in memory. Bfloat16 takes channels last, which the fast kernels read; float32 takes
    /// PyTorch's own order, so that the same kernels run in the same order and training agrees with PyTorch (docs/decisions/0006), unless that order's
    /// convolutions cannot be trusted on this processor (docs/decisions/0029).
    /// </summary>
    public static memory_format Layout(this Precision precision) => precision == Precision.BFloat16 || !LibtorchConvolution.IsTrusted
        ? memory_format.channels_last
        : memory_format.contiguous_format;

    /// <summary>The faster one on a device: bfloat16 where the hardware multiplies it, else float32.</summary>
    public static Precision Fastest(Device device) => device.type == DeviceType.CUDA || Runtime.CpuHasBFloat16 ? Precision.BFloat16 : Precision.Float32;
}
