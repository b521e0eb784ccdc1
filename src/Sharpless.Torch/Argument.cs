namespace Sharpless.Torch;

/// <summary>What an <see cref="Argument"/> is. The values are those of <c>sharpless_kind</c> of the door.</summary>
internal enum ArgumentKind
{
    None = 0,
    Tensor = 1,
    Integer = 2,
    Double = 3,
    Boolean = 4,
    Integers = 5,
    Doubles = 6,
    Tensors = 7,
    OptionalTensors = 8,
    String = 9,
    Device = 10,
    Generator = 11,
}

/// <summary>An argument of an <see cref="Operator"/>; converts implicitly from what operators take.</summary>
public readonly struct Argument
{
    private Argument(ArgumentKind kind, long scalar, object? reference)
    {
        Kind = kind;
        Scalar = scalar;
        Reference = reference;
    }

    internal ArgumentKind Kind { get; }

    internal long Scalar { get; }

    internal object? Reference { get; }

    /// <summary>No value; an optional argument left out.</summary>
    public static Argument None => default;

    /// <summary>A tensor, borrowed; null is None.</summary>
    public static implicit operator Argument(Tensor? tensor) => tensor is null ? default : new(ArgumentKind.Tensor, 0, tensor);

    /// <summary>An integer.</summary>
    public static implicit operator Argument(long value) => new(ArgumentKind.Integer, value, null);

    /// <summary>A real number.</summary>
    public static implicit operator Argument(double value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value), null);

    /// <summary>A boolean.</summary>
    public static implicit operator Argument(bool value) => new(ArgumentKind.Boolean, value ? 1 : 0, null);

    /// <summary>A list of integers: a shape, strides, dimensions.</summary>
    public static implicit operator Argument(long[] values) => new(ArgumentKind.Integers, 0, values);

    /// <summary>A list of real numbers.</summary>
    public static implicit operator Argument(double[] values) => new(ArgumentKind.Doubles, 0, values);

    /// <summary>A list of tensors, borrowed.</summary>
    public static implicit operator Argument(Tensor[] tensors) => new(ArgumentKind.Tensors, 0, tensors);

    /// <summary>A text.</summary>
    public static implicit operator Argument(string text) => new(ArgumentKind.String, 0, text);

    /// <summary>An element type.</summary>
    public static implicit operator Argument(ScalarType type) => (long)type;

    /// <summary>A memory format.</summary>
    public static implicit operator Argument(MemoryFormat format) => (long)format;

    /// <summary>A device.</summary>
    public static implicit operator Argument(Device device) => new(ArgumentKind.Device, device.Index, device);

    /// <summary>A random generator; null is None.</summary>
    public static implicit operator Argument(Generator? generator) => generator is null ? default : new(ArgumentKind.Generator, 0, generator);

    /// <summary>A list of optional tensors, as index operators take it.</summary>
    public static Argument Optional(params Tensor?[] tensors) => new(ArgumentKind.OptionalTensors, 0, tensors);
}
