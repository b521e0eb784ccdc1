using System.Globalization;
using System.Runtime.CompilerServices;

namespace Sharpless.Torch;

/// <summary>
/// A tensor of libtorch. Results belong to the caller: they free themselves at the end of the <see cref="TensorScope"/> they were made in,
/// or by <see cref="Dispose"/>; the finalizer is the safety net. Arguments are borrowed.
/// </summary>
public sealed partial class Tensor : IDisposable
{
    private Native.Description? _description;

    private Tensor(TensorHandle handle)
    {
        Handle = handle;
        TensorScope.Register(this);
    }

    internal TensorHandle Handle { get; }

    internal TensorScope? Scope { get; set; }

    /// <summary>Type of the elements.</summary>
    public ScalarType Type => (ScalarType)Description.ScalarType;

    /// <summary>Where the elements are.</summary>
    public Device Device => new(Description.DeviceType == 1, Description.DeviceIndex);

    /// <summary>Number of dimensions; 0 for a single number.</summary>
    public int Dimensions => Description.Dimensions;

    /// <summary>Size along each dimension.</summary>
    public long[] Shape
    {
        get
        {
            Native.Description description = Description;
            return description.Sizes[..description.Dimensions].ToArray();
        }
    }

    /// <summary>Step in memory along each dimension, in elements.</summary>
    public long[] Strides
    {
        get
        {
            Native.Description description = Description;
            return description.Strides[..description.Dimensions].ToArray();
        }
    }

    /// <summary>Number of elements.</summary>
    public long Count
    {
        get
        {
            Native.Description description = Description;
            long count = 1;
            for (int i = 0; i < description.Dimensions; i++) count *= description.Sizes[i];
            return count;
        }
    }

    // Shape, type and place of a tensor never change; whether it asks for a gradient may.
    private Native.Description Description => _description ??= Native.Describe(LiveHandle);

    private TensorHandle LiveHandle => Handle.IsClosed
        ? throw new ObjectDisposedException(nameof(Tensor), "The tensor was freed: its TensorScope ended. Keep it with scope.Keep(tensor).")
        : Handle;

    /// <summary>Size along one dimension; negative counts from the last.</summary>
    public long Size(int dimension)
    {
        Native.Description description = Description;
        int index = dimension < 0 ? dimension + description.Dimensions : dimension;
        return index >= 0 && index < description.Dimensions
            ? description.Sizes[index]
            : throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The tensor is {this}.");
    }

    /// <summary>Whether the elements lie row-major without gaps.</summary>
    public bool IsContiguous()
    {
        Native.Description description = Description;
        long expected = 1;
        for (int i = description.Dimensions - 1; i >= 0; i--)
        {
            if (description.Sizes[i] != 1 && description.Strides[i] != expected) return false;
            expected *= description.Sizes[i];
        }

        return true;
    }

    /// <summary>The elements of a contiguous CPU tensor, in place. Valid while the tensor lives.</summary>
    /// <typeparam name="T">As wide as <see cref="Type"/>: <see cref="float"/> for Float32, <see cref="ushort"/> or <see cref="short"/> for the bits of BFloat16.</typeparam>
    /// <exception cref="InvalidOperationException">Not contiguous, or another width.</exception>
    public unsafe Span<T> Data<T>()
        where T : unmanaged
    {
        if (!IsContiguous()) throw new InvalidOperationException($"Only contiguous data can be reached as a span; the tensor is {this} with strides [{string.Join(", ", Strides)}]. Call Contiguous() first.");
        return new Span<T>((void*)Pointer<T>(), checked((int)Count));
    }

    /// <summary>Address of the first element of a CPU tensor, for kernels that know its strides.</summary>
    /// <inheritdoc cref="Data"/>
    public nint Pointer<T>()
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != Type.ByteSize()) throw new InvalidOperationException($"{typeof(T).Name} is not as wide as the elements of {this}.");
        return Native.Data(LiveHandle);
    }

    /// <summary>A copy of the elements, row-major, whatever the strides and the device.</summary>
    /// <inheritdoc cref="Data"/>
    public T[] ToArray<T>()
        where T : unmanaged
    {
        using GradientMode off = GradientMode.Off();
        using Tensor here = To(Device.Cpu);
        using Tensor plain = here.Contiguous();
        T[] array = plain.Data<T>().ToArray();
        GC.KeepAlive(plain);
        return array;
    }

    /// <summary>The one element as a number. Waits for the device.</summary>
    public double Item()
    {
        if (Count != 1) throw new InvalidOperationException($"Only a tensor of one element is a number; this one is {this}.");
        return Operators.Item.CallNumber(this);
    }

    /// <summary>Frees the reference; the memory goes with the last one.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>Shape and type, such as <c>[128, 3, 32, 32] Float32</c>.</summary>
    public override string ToString() => Handle.IsClosed
        ? "a freed tensor"
        : string.Create(CultureInfo.InvariantCulture, $"[{string.Join(", ", Shape)}] {Type}{(Device.IsCuda ? " " + Device : "")}");

    // The elements of a contiguous CPU tensor as bytes, for files.
    internal unsafe Span<byte> Bytes() => new((void*)Native.Data(LiveHandle), checked((int)(Count * Type.ByteSize())));

    internal static Tensor Own(nint handle) => new(new TensorHandle(handle));

    internal static Tensor Own(TensorHandle handle) => new(handle);

    internal nint Borrow() => LiveHandle.DangerousGetHandle();
}
