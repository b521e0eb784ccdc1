namespace Sharpless.Torch;

/// <summary>What holds for the whole process: libtorch's version, its threads and devices, its default seed.</summary>
public static class Runtime
{
    /// <summary>Version of the libtorch that is loaded.</summary>
    public static string LibtorchVersion => Native.LibtorchFound is "unknown" ? Native.LibtorchBuiltFor : Native.LibtorchFound;

    /// <summary>libtorch's own description of its build and its threads.</summary>
    public static string Configuration => Native.Configuration;

    /// <summary>Threads inside an operator. libtorch's own default is half of the cores; the command line asks for all.</summary>
    /// <exception cref="TorchException">Fewer than one.</exception>
    public static int Threads
    {
        get => Native.Threads;
        set => Native.Threads = value;
    }

    /// <summary>CUDA devices that libtorch can use.</summary>
    public static int CudaDevices => Native.CudaDevices;

    /// <summary>Whether the CPU multiplies bfloat16 itself (AVX512-BF16), which makes bfloat16 points faster than float32 ones.</summary>
    public static bool CpuHasBFloat16 => Native.CpuHasBFloat16;

    /// <summary>Tensors that are alive on the C# side of the door; constant over the steps of a training run.</summary>
    public static long LiveTensors => Native.LiveTensors;

    /// <summary>Seeds the default generators of libtorch.</summary>
    public static void Seed(long seed) => Native.Seed(seed);

    /// <summary>Waits until the device has done all it was given; returns at once on the CPU.</summary>
    public static void Synchronize(Device device)
    {
        if (device.IsCuda) Native.CudaSynchronize(device.Index);
    }
}
