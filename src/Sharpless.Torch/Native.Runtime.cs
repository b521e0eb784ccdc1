using System.Runtime.InteropServices;

namespace Sharpless.Torch;

internal static partial class Native
{
    internal static string LibtorchBuiltFor => Marshal.PtrToStringUTF8(sharpless_libtorch_built_for())!;

    internal static string LibtorchFound => Marshal.PtrToStringUTF8(sharpless_libtorch_found())!;

    internal static string Configuration => Marshal.PtrToStringUTF8(sharpless_configuration())!;

    internal static int Threads
    {
        get => sharpless_threads();
        set => ThrowIfFailed(sharpless_set_threads(value));
    }

    internal static int CudaDevices => sharpless_cuda_devices();

    internal static bool CpuHasBFloat16 => sharpless_cpu_has_bfloat16() != 0;

    internal static void CudaSynchronize(int device) => ThrowIfFailed(sharpless_cuda_synchronize(device));

    internal static void Seed(long seed) => ThrowIfFailed(sharpless_seed(seed));

    internal static GeneratorHandle NewGenerator(long seed)
    {
        ThrowIfFailed(sharpless_generator_new(seed, out GeneratorHandle generator));
        return generator;
    }

    internal static TensorHandle GeneratorState(GeneratorHandle generator)
    {
        ThrowIfFailed(sharpless_generator_state(generator, out TensorHandle state));
        return state;
    }

    internal static void SetGeneratorState(GeneratorHandle generator, TensorHandle state) =>
        ThrowIfFailed(sharpless_generator_set_state(generator, state));

    [LibraryImport(Library)]
    private static partial nint sharpless_libtorch_built_for();

    [LibraryImport(Library)]
    private static partial nint sharpless_libtorch_found();

    [LibraryImport(Library)]
    private static partial nint sharpless_configuration();

    [LibraryImport(Library)]
    private static partial int sharpless_threads();

    [LibraryImport(Library)]
    private static partial int sharpless_set_threads(int threads);

    [LibraryImport(Library)]
    private static partial int sharpless_cuda_devices();

    [LibraryImport(Library)]
    private static partial int sharpless_cuda_synchronize(int device);

    [LibraryImport(Library)]
    private static partial int sharpless_cpu_has_bfloat16();

    [LibraryImport(Library)]
    private static partial int sharpless_seed(long seed);

    [LibraryImport(Library)]
    private static partial int sharpless_generator_new(long seed, out GeneratorHandle generator);

    [LibraryImport(Library)]
    internal static partial void sharpless_generator_free(nint generator);

    [LibraryImport(Library)]
    private static partial int sharpless_generator_state(GeneratorHandle generator, out TensorHandle state);

    [LibraryImport(Library)]
    private static partial int sharpless_generator_set_state(GeneratorHandle generator, TensorHandle state);
}
