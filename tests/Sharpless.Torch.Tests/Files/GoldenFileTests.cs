using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

/// <summary>Reads what numpy and torch wrote; the formula of the elements stands in tests/golden/files/make.py.</summary>
public class GoldenFileTests
{
    private static readonly string[] Types =
        ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"];

    public static TheoryData<string, string, string> Layouts()
    {
        var layouts = new TheoryData<string, string, string>();
        foreach (string type in Types)
            foreach (string order in (string[])["C", "F"])
                foreach (string end in (string[])["little", "big"])
                    layouts.Add(type, order, end);
        return layouts;
    }

    private static double[] Expected(string type, int count) => [.. Enumerable.Range(0, count).Select(i => type switch
    {
        "bool" => i % 3 == 0 ? 1 : 0,
        _ when type.StartsWith("uint", StringComparison.Ordinal) => 7 * i % 23,
        _ when type.StartsWith("float", StringComparison.Ordinal) || type == "bfloat16" => (7 * i % 23 - 11) / 4.0,
        _ => 7 * i % 23 - 11,
    })];

    private static double[] Read(StoredArray array)
    {
        double[] values = new double[array.Count];
        array.ReadRows(0, array.Rows, values);
        return values;
    }

    private static double[] FromBytes(StoredArray array)
    {
        byte[] bytes = array.ToArray();
        return array.Type switch
        {
            ScalarType.Bool or ScalarType.Byte => [.. bytes.Select(b => (double)b)],
            ScalarType.Int8 => [.. bytes.Select(b => (double)(sbyte)b)],
            ScalarType.Int16 => [.. MemoryMarshal.Cast<byte, short>(bytes).ToArray().Select(v => (double)v)],
            ScalarType.Int32 => [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(v => (double)v)],
            ScalarType.Int64 => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(v => (double)v)],
            ScalarType.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(v => (double)v)],
            ScalarType.BFloat16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(v => (double)BitConverter.Int32BitsToSingle(v << 16))],
            ScalarType.Float32 => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(v => (double)v)],
            _ => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        };
    }

    [Theory, MemberData(nameof(Layouts))]
    public void Every_type_order_and_byte_order_of_numpy_gives_the_same_elements(string type, string order, string end)
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf($"{type}-{order}-{end}.npy"));

        StoredArray array = Assert.Single(file);
        Assert.Equal($"{type}-{order}-{end}", array.Name);
        Assert.Equal([2, 3, 4], array.Shape);
        Assert.Equal((2, 12), (array.Rows, array.Columns));
        Assert.Equal(Expected(type, 24), Read(array));
        Assert.Equal(Expected(type, 24), FromBytes(array));
        float[] floats = new float[24];
        array.ReadRows(0, 2, floats);
        Assert.Equal(Expected(type, 24).Select(v => (float)v), floats);
    }

    [Theory]
    [InlineData("uint16", ScalarType.Int32)]
    [InlineData("uint32", ScalarType.Int64)]
    [InlineData("uint64", ScalarType.Int64)]
    [InlineData("uint8", ScalarType.Byte)]
    [InlineData("float16", ScalarType.Float16)]
    public void Unsigned_numbers_beyond_8_bits_take_the_next_signed_type(string stored, ScalarType type)
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf($"{stored}-C-big.npy"));
        Assert.Equal(type, file[0].Type);
    }

    [Fact]
    public void Extremes_of_every_type_survive()
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf("extremes.npz"));

        Assert.Equal([short.MinValue, short.MaxValue, 0, 1], Read(file["int16"]));
        Assert.Equal([0, uint.MaxValue, 0, 1], FromBytes(file["uint32"]));
        Assert.Equal([long.MinValue, long.MaxValue, 0, 1], file["int64"].ToInt64Array());
        Assert.Equal([1, 0], file["bool"].ToInt64Array());
        double[] expected = [-0.0, 5.960464477539063e-08, 65504, double.NegativeInfinity, double.NaN];
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), Read(file["float16"]).Select(BitConverter.DoubleToInt64Bits).Select(CanonicalNan));
        expected = [-0.0, double.Epsilon, double.MaxValue, double.NegativeInfinity, double.NaN];
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), Read(file["float64"]).Select(BitConverter.DoubleToInt64Bits).Select(CanonicalNan));

        static long CanonicalNan(long bits) => double.IsNaN(BitConverter.Int64BitsToDouble(bits)) ? BitConverter.DoubleToInt64Bits(double.NaN) : bits;
    }

    [Fact]
    public void A_uint64_that_does_not_fit_int64_is_read_as_double_and_refused_as_integer()
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf("too-large-uint64.npz"));

        Assert.Equal([0, ulong.MaxValue, 0, 1], Read(file["a"]));
        Assert.Contains("beyond 2^63 - 1", Assert.Throws<InvalidDataException>(() => file["a"].ToInt64Array()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => file["a"].ToArray());
    }

    [Theory]
    [InlineData("version1.npy")]
    [InlineData("version2.npy")]
    [InlineData("version3.npy")]
    public void Every_npy_version_is_read(string name)
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf(name));
        Assert.Equal(Expected("float32", 24), Read(file[0]));
    }

    [Theory]
    [InlineData("shape-scalar.npy", new long[0], 1, 1)]
    [InlineData("shape-5.npy", new long[] { 5 }, 5, 1)]
    [InlineData("shape-0-3.npy", new long[] { 0, 3 }, 0, 3)]
    [InlineData("shape-2-0-F.npy", new long[] { 2, 0 }, 2, 0)]
    public void Odd_shapes_are_read(string name, long[] shape, long rows, long columns)
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf(name));
        Assert.Equal(shape, file[0].Shape);
        Assert.Equal((rows, columns), (file[0].Rows, file[0].Columns));
        Assert.Equal(Expected("float32", (int)(rows * columns)), Read(file[0]));
    }

    [Theory]
    [InlineData("stored.npz")]
    [InlineData("deflated.npz")]
    public void Npz_of_numpy_is_read_by_key(string name)
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf(name));

        Assert.Equal(["first", "group/second", "third"], file.Select(a => a.Name));
        Assert.Equal(Expected("float32", 24), Read(file["first"]));
        Assert.Equal(Expected("int16", 24), Read(file["group/second"]));
        Assert.Equal(Expected("float64", 20), Read(file["third"]));
    }

    [Fact]
    public void An_unknown_key_lists_the_known_ones()
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf("stored.npz"));
        string message = Assert.Throws<InvalidDataException>(() => file["frist"]).Message;
        Assert.Contains("'frist'", message, StringComparison.Ordinal);
        Assert.Contains("'first', 'group/second', 'third'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_type_of_safetensors_is_read()
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf("all.safetensors"));

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(15, file.Count);
        foreach ((string dtype, string type) in ((string, string)[])[("BOOL", "bool"), ("U8", "uint8"), ("I8", "int8"), ("U16", "uint16"), ("I16", "int16"),
            ("U32", "uint32"), ("I32", "int32"), ("U64", "uint64"), ("I64", "int64"), ("F16", "float16"), ("BF16", "bfloat16"), ("F32", "float32"), ("F64", "float64")])
        {
            Assert.Equal(Expected(type, 24), Read(file[dtype]));
            Assert.Equal(Expected(type, 24), FromBytes(file[dtype]));
        }
        Assert.Equal([0, 7], file["empty"].Shape);
        Assert.Equal([5], file["number"].ToArray());
    }

    [Theory]
    [InlineData("objects.npy", "pickle")]
    [InlineData("structured.npy", "structured")]
    [InlineData("text.npy", "'<U2'")]
    [InlineData("complex.npy", "'<c8'")]
    [InlineData("checkpoint.pt", "pickle or PyTorch checkpoint")]
    [InlineData("legacy.pt", "pickle or PyTorch checkpoint")]
    public void What_numpy_and_torch_write_but_is_not_numbers_is_refused_by_name(string name, string text)
    {
        string message = Assert.Throws<InvalidDataException>(() => ArrayFile.Open(Golden.PathOf(name))).Message;
        Assert.Contains(text, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Labels_with_fractions_are_refused()
    {
        using ArrayFile file = ArrayFile.Open(Golden.PathOf("stored.npz"));
        Assert.Contains("whole numbers", Assert.Throws<InvalidDataException>(() => file["first"].ToInt64Array()).Message, StringComparison.Ordinal);
    }
}
