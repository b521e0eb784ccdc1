using System.Text;
using Sharpless.Torch.Files;
using static Sharpless.Torch.Tests.Files.RawFiles;

namespace Sharpless.Torch.Tests.Files;

public class HostileNpyTests
{
    private static readonly byte[] Valid = Npy("<f4", "(2, 3)", new byte[24]);

    [Fact]
    public void Every_cut_is_refused()
    {
        using (ArrayFile file = Open(Valid, "attack.npy")) Assert.Equal(6, file[0].Count);
        for (int length = 0; length < Valid.Length; length++)
            Assert.Throws<InvalidDataException>(() => Open(Valid[..length], "attack.npy"));
    }

    [Fact]
    public void Appended_bytes_are_refused() => AssertRefused([.. Valid, 0], "25 bytes of elements", "expected 24");

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }")]
    [InlineData("{\"shape\":(2,3),\"descr\":\"<f4\",\"fortran_order\":False}")]
    [InlineData("  {\t'descr' :'<f4',\r\n'fortran_order': False , 'shape': ( 2 , 3 , )\n}   \n")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}")]
    [InlineData("{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}")]
    public void Every_way_to_write_the_same_header_is_read(string header)
    {
        using ArrayFile file = Open(Npy(header, new byte[24]));
        Assert.Equal([2, 3], file[0].Shape);
        Assert.Equal(ScalarType.Float32, file[0].Type);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(1, 1)]
    [InlineData(255, 255)]
    public void Unknown_versions_are_refused(byte major, byte minor)
    {
        byte[] bytes = [.. Valid];
        (bytes[6], bytes[7]) = (major, minor);
        AssertRefused(bytes, $"npy version {major}.{minor}", "1.0, 2.0 or 3.0");
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(0x7FFFFFFF)]
    [InlineData(10_001)]
    [InlineData(100)]
    public void A_header_length_beyond_the_file_or_the_limit_is_refused_before_allocation(long headerLength) =>
        AssertRefused(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", new byte[24], major: 2, headerLength: headerLength), $"a header of {headerLength} bytes");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("None")]
    [InlineData("{'descr'}")]
    [InlineData("{'descr': '<f4")]
    [InlineData("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{,}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': 6}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6,,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6.0,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (True, 6)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': ((2, 3),)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} {}")]
    [InlineData("{'de\\x73cr': '<f4', 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("__import__('os').system('true')")]
    [InlineData("{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (2, 3)}")]
    public void A_header_that_is_not_the_expected_dict_is_refused(string header) => AssertRefused(Npy(header, new byte[24]));

    [Theory]
    [InlineData("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", "'descr'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'shape': (6,)}", "'shape'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'extra': 1}", "'extra'")]
    [InlineData("{'descr': '<f4', 'shape': (2, 3)}", "without 'fortran_order'")]
    [InlineData("{'fortran_order': False, 'shape': (2, 3)}", "without 'descr'")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "without 'shape'")]
    public void Repeated_unknown_and_missing_keys_are_refused(string header, string text) => AssertRefused(Npy(header, new byte[24]), text);

    [Theory]
    [InlineData("(-1, 3)", "[-1, 3]")]
    [InlineData("(9223372036854775808,)", "below 2^63")]
    [InlineData("(4294967296, 4294967296)", "below 2^63")]
    [InlineData("(4611686018427387904, 4)", "below 2^63")]
    [InlineData("(2305843009213693952,)", "below 2^63")]
    [InlineData("(0, 4611686018427387904, 4)", "below 2^63")]
    [InlineData("(1000000000000,)", "4000000000000")]
    [InlineData("(2, 2)", "expected 16")]
    [InlineData("(2, 3, 0)", "expected 0")]
    public void A_shape_that_overflows_or_does_not_match_the_data_is_refused_before_allocation(string shape, string text) =>
        AssertRefused(Npy("<f4", shape, new byte[24]), text);

    [Fact]
    public void More_dimensions_than_numpy_has_are_refused() =>
        AssertRefused(Npy("<f4", "(" + string.Concat(Enumerable.Repeat("1,", 65)) + ")", new byte[4]), "65 dimensions");

    [Theory]
    [InlineData("|O", "pickle")]
    [InlineData("O", "never executed")]
    [InlineData("|O8", "pickle")]
    [InlineData("|S6", "'|S6'")]
    [InlineData("<U6", "'<U6'")]
    [InlineData("|V4", "'|V4'")]
    [InlineData("<c8", "'<c8'")]
    [InlineData("<M8[ns]", "'<M8[ns]'")]
    [InlineData("<f16", "'<f16'")]
    [InlineData("<f3", "'<f3'")]
    [InlineData("<>f4", "'<>f4'")]
    [InlineData("", "''")]
    [InlineData(">", "'>'")]
    public void Elements_that_are_not_numbers_are_refused_by_name(string descr, string text) => AssertRefused(Npy(descr, "(6,)", new byte[24]), text);

    [Theory]
    [InlineData("[('a', '<f4'), ('b', '|O')]")]
    [InlineData("('<f4', (2,))")]
    public void Structured_elements_are_refused_by_name(string descr) =>
        AssertRefused(Npy($"{{'descr': {descr}, 'fortran_order': False, 'shape': (6,)}}", new byte[24]), "a structured type");

    [Theory]
    [InlineData("#!/bin/sh")]
    [InlineData("\0")]
    [InlineData("\u00a0")]
    public void A_payload_in_the_padding_of_the_header_is_refused(string payload) =>
        AssertRefused(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   " + payload + "\n", new byte[24]), "only blanks after the header");

    [Fact]
    public void Names_from_outside_cannot_forge_lines_or_colours_of_the_message()
    {
        string forged = "x\nerror: all is well \u001b[32m\u2028\u202e" + new string('y', 1000);
        byte[] bytes = Npy($"{{'{forged}': 1}}", [], major: 3);
        string message = Assert.Throws<InvalidDataException>(() => Open(bytes, "a\nb.npy")).Message;
        Assert.DoesNotContain(message, char.IsControl);
        Assert.DoesNotContain('\u2028', message);
        Assert.DoesNotContain('\u202e', message);
        Assert.InRange(message.Length, 1, 500);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused() =>
        AssertRefused([0x93, .. "NUMPY"u8, 3, 0, 4, 0, 0, 0, (byte)'{', 0xff, 0xfe, (byte)'}'], "quoted string");

    [Theory]
    [InlineData("weights.pt", "pickle")]
    [InlineData("weights.pkl", "pickle")]
    [InlineData("features.npy", "93")]
    [InlineData("features.csv", "an npy, npz or safetensors file")]
    public void What_begins_with_unknown_bytes_is_refused_by_its_name(string path, string text) =>
        Assert.Contains(text, Assert.Throws<InvalidDataException>(() => Open(Encoding.ASCII.GetBytes("1,2,3\n4,5,6\n"), path)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(new byte[] { 0x80, 2, (byte)'}', (byte)'q', 0, (byte)'.' })]
    [InlineData(new byte[] { 0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, (byte)'N', (byte)'.' })]
    public void A_pickle_under_another_name_is_recognized_by_its_content(byte[] pickle)
    {
        string message = Assert.Throws<InvalidDataException>(() => Open(pickle, "features.npy")).Message;
        Assert.Contains("never executed", message, StringComparison.Ordinal);
        Assert.Contains("save_file", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_and_a_missing_file_are_told_apart()
    {
        Assert.Contains("a folder", Assert.Throws<InvalidDataException>(() => ArrayFile.Open(Path.GetTempPath())).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => ArrayFile.Open(Path.Combine(Path.GetTempPath(), "no-such-file.npy")));
    }

    [Fact]
    public void A_file_that_shrinks_while_it_is_open_is_refused()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, Valid);
        using ArrayFile file = ArrayFile.Open(path);
        File.WriteAllBytes(path, Valid[..^1]);
        Assert.Contains("ends here", Assert.Throws<InvalidDataException>(() => file[0].ToArray()).Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void An_array_beyond_the_memory_limit_is_not_loaded_whole_but_read_in_rows()
    {
        using ArrayFile file = Open(Valid, memoryLimit: 23);
        Assert.Contains("at most 23", Assert.Throws<InvalidDataException>(() => file[0].ToArray()).Message, StringComparison.Ordinal);
        file[0].ReadRows(0, 2, new float[6]);
    }
}
