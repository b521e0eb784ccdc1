using System.Runtime.Intrinsics.X86;
using Sharpless.Kernels;

namespace Sharpless.Torch;

/// <summary>What holds for the whole process: libtorch's version, its threads and devices, its default seed.</summary>
public static class Runtime
{
    /// <summary>Version of the libtorch that is loaded.</summary>
    public static string LibtorchVersion => Libtorch.Load().Version;

    /// <summary>Threads inside an operator, a setting of each thread. libtorch's own default is half of the cores.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one.</exception>
    public static int Threads
    {
        get => get_num_threads();
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            set_num_threads(value);
        }
    }

    /// <summary>CUDA devices that libtorch can use.</summary>
    public static int CudaDevices => cuda.device_count();

    /// <summary>Whether the CPU multiplies bfloat16 itself (AVX512-BF16), which makes bfloat16 points faster than float32 ones.</summary>
    public static bool CpuHasBFloat16 { get; } = Avx512F.IsSupported && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    /// <summary>Tensors that are alive in C#; constant over the steps of a training run.</summary>
    public static long LiveTensors => Tensor.TotalCount;

    /// <summary>Seeds the default generators of libtorch.</summary>
    public static void Seed(long seed) => manual_seed(seed);

    /// <summary>Waits until the device has done all it was given; returns at once on the CPU.</summary>
    public static void Synchronize(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
    }
}
