namespace Sharpless.Torch;

/// <summary>Type of a tensor's elements. The values are those of libtorch's <c>c10::ScalarType</c>.</summary>
public enum ScalarType
{
    /// <summary>Unsigned 8-bit integer.</summary>
    UInt8 = 0,
    /// <summary>Signed 8-bit integer.</summary>
    Int8 = 1,
    /// <summary>Signed 16-bit integer.</summary>
    Int16 = 2,
    /// <summary>Signed 32-bit integer.</summary>
    Int32 = 3,
    /// <summary>Signed 64-bit integer; indices and labels.</summary>
    Int64 = 4,
    /// <summary>IEEE 16-bit floating point.</summary>
    Float16 = 5,
    /// <summary>IEEE 32-bit floating point; master weights.</summary>
    Float32 = 6,
    /// <summary>IEEE 64-bit floating point; references and spectra.</summary>
    Float64 = 7,
    /// <summary>Boolean, one byte each; masks.</summary>
    Bool = 11,
    /// <summary>Brain floating point: the upper 16 bits of <see cref="Float32"/>.</summary>
    BFloat16 = 15,
}

/// <summary>Facts about <see cref="ScalarType"/>.</summary>
public static class ScalarTypeExtensions
{
    /// <summary>Size of one element in bytes.</summary>
    public static int ByteSize(this ScalarType type) => type switch
    {
        ScalarType.UInt8 or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type that Sharpless knows."),
    };

    /// <summary>Whether the type holds fractions.</summary>
    public static bool IsFloatingPoint(this ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;
}
