using System.Runtime.InteropServices;
using System.Text;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

public sealed class WriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sharpless-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static ArrayEntry Entry(string name, ScalarType type, params long[] shape)
    {
        byte[] bytes = new byte[shape.Aggregate(1L, (a, b) => a * b) * type.ByteSize()];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(type == ScalarType.Bool ? i % 2 : 37 * i);
        return new ArrayEntry(name, type, shape, bytes);
    }

    private static byte[] Bytes(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray();
    }

    public static TheoryData<ScalarType> AllTypes() => [.. Golden.Types];

    [Theory]
    [InlineData("float32-C-little.npy")]
    [InlineData("bool-C-little.npy")]
    [InlineData("int64-C-little.npy")]
    [InlineData("shape-5.npy")]
    [InlineData("shape-scalar.npy")]
    public void Npy_is_written_byte_for_byte_as_numpy_does(string name)
    {
        using ArrayFile numpy = ArrayFile.Open(Golden.PathOf(name));
        byte[] ours = Bytes(s => NpyFile.Write(s, new ArrayEntry("a", numpy[0].Type, numpy[0].Shape, numpy[0].ToArray())));
        Assert.Equal(File.ReadAllBytes(Golden.PathOf(name)), ours);
    }

    [Theory, MemberData(nameof(AllTypes))]
    public void Every_type_comes_back_from_every_format(ScalarType type)
    {
        ArrayEntry[] entries = [Entry("a", type, 3, 2, 5), Entry("b/c", type), Entry("empty", type, 0, 4)];
        SafetensorsFile.Write(PathOf("f.safetensors"), entries);
        AssertSame(entries, PathOf("f.safetensors"));
        if (type == ScalarType.BFloat16) return;

        NpzFile.Write(PathOf("stored.npz"), entries);
        AssertSame(entries, PathOf("stored.npz"));
        NpzFile.Write(PathOf("deflated.npz"), entries, compress: true);
        AssertSame(entries, PathOf("deflated.npz"));
        NpyFile.Write(PathOf("a.npy"), entries[0]);
        AssertSame(entries[..1], PathOf("a.npy"));
    }

    private static void AssertSame(ArrayEntry[] entries, string path)
    {
        using ArrayFile file = ArrayFile.Open(path);
        Assert.Equal(entries.Select(e => e.Name), file.Select(a => a.Name));
        foreach ((ArrayEntry entry, StoredArray array) in entries.Zip(file))
        {
            Assert.Equal(entry.Type, array.Type);
            Assert.Equal(entry.Shape, array.Shape);
            Assert.Equal(Bytes(entry.WriteData), array.ToArray());
        }
    }

    [Fact]
    public void Bytes_depend_on_the_content_alone()
    {
        ArrayEntry[] entries = [Entry("a", ScalarType.Float32, 7), Entry("b", ScalarType.Int64, 2)];
        byte[] Npz() => Bytes(s => NpzFile.Write(s, entries, compress: true));
        byte[] first = Npz();
        Thread.Sleep(2100);     // zip counts time in steps of two seconds
        Assert.Equal(first, Npz());

        Dictionary<string, string> oneOrder = new() { ["x"] = "1", ["a"] = "2" }, otherOrder = new() { ["a"] = "2", ["x"] = "1" };
        Assert.Equal(Bytes(s => SafetensorsFile.Write(s, entries, oneOrder)), Bytes(s => SafetensorsFile.Write(s, entries, otherOrder)));
    }

    [Fact]
    public void Safetensors_are_aligned_to_their_elements_and_named_in_the_given_order()
    {
        ArrayEntry[] entries = [Entry("mask", ScalarType.Bool, 3), Entry("count", ScalarType.Int64), Entry("half", ScalarType.BFloat16, 3), Entry("weight", ScalarType.Float32, 5)];
        byte[] bytes = Bytes(s => SafetensorsFile.Write(s, entries));

        int headerLength = BitConverter.ToInt32(bytes);
        Assert.Equal(0, headerLength % 8);
        Assert.Equal(
            """{"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[34,37]},"count":{"dtype":"I64","shape":[],"data_offsets":[0,8]}"""
            + ""","half":{"dtype":"BF16","shape":[3],"data_offsets":[28,34]},"weight":{"dtype":"F32","shape":[5],"data_offsets":[8,28]}}""",
            Encoding.UTF8.GetString(bytes, 8, headerLength).TrimEnd(' '));
        Assert.Equal(8 + headerLength + 37, bytes.Length);
    }

    [Fact]
    public void Names_and_metadata_keep_every_character()
    {
        string odd = "ε \"q\" \\ /\n<b> 日本 \u0001";
        SafetensorsFile.Write(PathOf("f"), [Entry(odd, ScalarType.Byte, 1)], new Dictionary<string, string> { [odd] = odd });
        using ArrayFile file = ArrayFile.Open(PathOf("f"));
        Assert.Equal(odd, file[0].Name);
        Assert.Equal(odd, file.Metadata[odd]);
    }

    [Fact]
    public void A_callback_that_writes_another_size_is_refused_and_leaves_no_file()
    {
        var tooLong = new ArrayEntry("a", ScalarType.Float32, [2], stream => stream.Write(new byte[9]));
        Assert.Contains("wrote 9 bytes", Assert.Throws<ArgumentException>(() => NpyFile.Write(PathOf("a.npy"), tooLong)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(PathOf("a.safetensors"), [tooLong]));
        Assert.Throws<ArgumentException>(() => NpzFile.Write(PathOf("a.npz"), [tooLong]));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Repeated_and_reserved_names_and_unknown_types_are_refused()
    {
        ArrayEntry a = Entry("a", ScalarType.Byte, 1);
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Stream.Null, [a, a]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(Stream.Null, [a with { Name = "__metadata__" }]));
        Assert.Throws<ArgumentException>(() => NpzFile.Write(Stream.Null, [a, a]));
        Assert.Contains("float32", Assert.Throws<ArgumentException>(() => NpyFile.Write(Stream.Null, Entry("a", ScalarType.BFloat16, 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_in_memory_are_written_without_a_callback()
    {
        NpzFile.Write(PathOf("f.npz"), [new ArrayEntry("x", [2, 1], new float[] { 1.5f, -2 }), new ArrayEntry("y", [2], new long[] { 3, -4 })]);
        using ArrayFile file = ArrayFile.Open(PathOf("f.npz"));
        Assert.Equal([1.5f, -2], MemoryMarshal.Cast<byte, float>(file["x"].ToArray()).ToArray());
        Assert.Equal([3, -4], file["y"].ToInt64Array());
    }
}
