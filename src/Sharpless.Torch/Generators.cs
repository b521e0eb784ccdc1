namespace Sharpless.Torch;

/// <summary>Seeded random generators of libtorch.</summary>
public static class Generators
{
    extension(Generator)
    {
        /// <summary>A generator of the CPU that starts from a seed.</summary>
        public static Generator Seeded(long seed) => new(unchecked((ulong)seed), CPU);

        /// <summary>State of libtorch's default generator of the CPU, which dropout draws from. Owned by the caller.</summary>
        public static Tensor DefaultState() => get_rng_state();

        /// <summary>Sets the state of libtorch's default generator of the CPU.</summary>
        public static void SetDefaultState(Tensor state) => set_rng_state(state);
    }
}
