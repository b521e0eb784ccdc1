namespace Sharpless.Torch;

/// <summary>A seeded random generator of libtorch (CPU).</summary>
public sealed class Generator : IDisposable
{
    /// <summary>A generator that starts from a seed.</summary>
    public Generator(long seed) => Handle = Native.NewGenerator(seed);

    internal GeneratorHandle Handle { get; }

    /// <summary>The state as a tensor of bytes, with which <see cref="SetState"/> goes on exactly here. Owned by the caller.</summary>
    public Tensor GetState() => Tensor.Own(Native.GeneratorState(Handle));

    /// <summary>Goes on from a state that <see cref="GetState"/> returned.</summary>
    public void SetState(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Native.SetGeneratorState(Handle, state.Handle);
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    /// <summary>State of libtorch's default generator of the CPU, which dropout draws from. Owned by the caller.</summary>
    public static Tensor DefaultState() => Tensor.Own(Native.GeneratorState(GeneratorHandle.Default));

    /// <summary>Sets the state of libtorch's default generator of the CPU.</summary>
    public static void SetDefaultState(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Native.SetGeneratorState(GeneratorHandle.Default, state.Handle);
    }
}
