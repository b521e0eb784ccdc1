namespace Sharpless.Torch;

/// <summary>Facts about the types of elements that Sharpless reads and writes.</summary>
public static class ScalarTypes
{
    extension(ScalarType type)
    {
        /// <summary>Whether the elements are real numbers with a fraction.</summary>
        public bool IsFloatingPoint() =>
            type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

        /// <summary>Size of an element in bytes.</summary>
        /// <exception cref="ArgumentOutOfRangeException">A type that Sharpless does not know.</exception>
        public int ByteSize() =>
            type switch
            {
                ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
                ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
                ScalarType.Int32 or ScalarType.Float32 => 4,
                ScalarType.Int64 or ScalarType.Float64 => 8,
                _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type that Sharpless knows."),
            };
    }
}
