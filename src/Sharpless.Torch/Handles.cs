using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch;

/// <summary>One reference to a tensor of libtorch; an invalid (null) handle stands for "no tensor".</summary>
internal sealed class TensorHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal static readonly TensorHandle None = new();

    public TensorHandle()
        : base(ownsHandle: true)
    {
    }

    internal TensorHandle(nint tensor)
        : base(ownsHandle: true) => SetHandle(tensor);

    protected override bool ReleaseHandle()
    {
        Native.sharpless_tensor_free(handle);
        return true;
    }
}

/// <summary>A random generator of libtorch; an invalid handle stands for the default one of the CPU.</summary>
internal sealed class GeneratorHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    internal static readonly GeneratorHandle Default = new();

    public GeneratorHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        Native.sharpless_generator_free(handle);
        return true;
    }
}

/// <summary>A TorchScript module of libtorch.</summary>
internal sealed class ScriptHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public ScriptHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle()
    {
        Native.sharpless_script_free(handle);
        return true;
    }
}
