using Sharpless.Torch.Files;
using static Sharpless.Torch.Tests.Files.RawFiles;

namespace Sharpless.Torch.Tests.Files;

public class ForeignArrayTests
{
    private static readonly byte[] Good = Npy("<f4", "(2, 1)", [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);

    [Theory]
    [InlineData("<c8", "complex numbers (element type '<c8')", 16)]
    [InlineData(">c16", "complex numbers (element type '>c16')", 32)]
    [InlineData("<U3", "texts (element type '<U3')", 24)]
    [InlineData("|S5", "texts (element type '|S5')", 10)]
    [InlineData("|O", "Python objects", 9)]
    [InlineData("<M8[D]", "dates (element type '<M8[D]')", 16)]
    [InlineData("<m8[s]", "spans of time (element type '<m8[s]')", 16)]
    [InlineData("|V4", "raw bytes (element type '|V4')", 8)]
    [InlineData("<f16", "numbers of another length (element type '<f16')", 32)]
    public void An_array_of_a_foreign_type_leaves_the_others_of_its_npz_file_readable(string descr, string expected, int bytes) =>
        AssertForeign(RawZip.Write(new RawMember("a.npy", Good), new RawMember("b.npy", Npy(descr, "(2,)", new byte[bytes])) { Deflated = true }, new RawMember("c.npy", Good)), expected, "'b.npy'");

    [Fact]
    public void So_does_a_structured_array_however_deep()
    {
        byte[] nested = Npy("{'descr': [('a)', '<f4'), (('t]', 'n'), [('x', '<i4', (2, 3))], (2,))], 'fortran_order': False, 'shape': (2,), }\n", new byte[104]);
        AssertForeign(RawZip.Write(new RawMember("a.npy", Good), new RawMember("b.npy", nested), new RawMember("c.npy", Good)), "a structured type", "'b.npy'");
        AssertRefused(RawZip.Write(new RawMember("b.npy", Npy("{'descr': [('a', '<f4'), 'fortran_order': False, 'shape': (2,), }\n", new byte[8]))), "a list without end");
    }

    [Theory]
    [InlineData("readme.txt", "hello", "a member that is not an array")]
    [InlineData("__MACOSX/._a.npy", "\0\x05\x16\x07\0\x02", "a member that is not an array")]
    [InlineData("more.pkl", "\x80\x02}", "a pickle, which could run code and is never executed")]
    public void So_does_a_member_that_is_no_array(string name, string content, string expected) =>
        AssertForeign(RawZip.Write(new RawMember("a.npy", Good), new RawMember(name, [.. content.Select(c => (byte)c)]), new RawMember("c.npy", Good)), expected, $"'{name}'");

    [Theory]
    [InlineData("F8_E4M3", 2), InlineData("F8_E5M2", 2), InlineData("F4", 1), InlineData("C64", 16), InlineData("NEW9", 5)]
    public void A_tensor_of_a_foreign_type_leaves_the_others_of_its_safetensors_file_readable(string dtype, int bytes)
    {
        string header = $$"""{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"{{dtype}}","shape":[2],"data_offsets":[8,{{8 + bytes}}] },"""
            + $$""" "c":{"dtype":"F32","shape":[2,1],"data_offsets":[{{8 + bytes}},{{16 + bytes}}] } }""";
        AssertForeign(Safetensors(header, [.. Good[^8..], .. new byte[bytes], .. Good[^8..]]), $"dtype '{dtype}'", "'b'");
    }

    [Fact]
    public void A_hole_or_an_overlap_beside_a_foreign_tensor_is_refused_all_the_same()
    {
        AssertRefused(Safetensors("""{"a":{"dtype":"F8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}}""", new byte[5]), "after a hole");
        AssertRefused(Safetensors("""{"a":{"dtype":"F8","shape":[2],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", new byte[4]), "inside another one");
        AssertRefused(Safetensors("""{"a":{"dtype":"F8","shape":[2],"data_offsets":[3,0]}}""", new byte[3]), "data_offsets [3, 0]");
        AssertRefused(Safetensors("""{"a":{"dtype":"F8","shape":[4611686018427387904,4],"data_offsets":[0,3]}}""", new byte[3]), "below 2^63");
    }

    private static void AssertForeign(byte[] bytes, string expected, string place)
    {
        using ArrayFile file = Open(bytes);
        Assert.Equal(3, file.Count);
        Assert.Equal([1, 2], Values(file["a"]));
        Assert.Equal([1, 2], Values(file["c"]));
        StoredArray foreign = Assert.Single(file, array => array.ForeignType is not null);
        Assert.StartsWith(expected, foreign.ForeignType, StringComparison.Ordinal);
        foreach (Action use in (Action[])[() => _ = foreign.Type, () => foreign.ToArray(), () => foreign.ToTensor().Dispose(), () => foreign.ToInt64Array(), () => foreign.ReadRows(0, foreign.Rows, new double[foreign.Count]), () => _ = foreign.ByteCount])
        {
            string message = Assert.Throws<InvalidDataException>(use).Message;
            Assert.StartsWith($"attack, {place}, byte ", message, StringComparison.Ordinal);
            Assert.Contains(expected, message, StringComparison.Ordinal);
        }
    }

    private static float[] Values(StoredArray array)
    {
        var values = new float[array.Count];
        array.ReadRows(0, array.Rows, values);
        return values;
    }
}
