using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Sharpless.Kernels;

namespace Sharpless.Torch;

/// <summary>What holds for the whole process: libtorch's version, its threads and devices, its default seed.</summary>
public static partial class Runtime
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

    /// <summary>
    /// Has glibc keep freed memory for the next step, where by itself it gives large blocks back to the system and takes
    /// them again: training takes half the time. It changes the whole process, so a library does it only when asked.
    /// </summary>
    public static void TuneAllocator()
    {
        if (!OperatingSystem.IsLinux())
            return;
        const int MmapThreshold = -3,
            TrimThreshold = -1,
            Most = 1 << 30;
        _ = mallopt(MmapThreshold, Most);
        _ = mallopt(TrimThreshold, -1);
    }

    /// <summary>Waits until the device has done all it was given; returns at once on the CPU.</summary>
    public static void Synchronize(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
