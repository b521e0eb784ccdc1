using System.Diagnostics;
using System.Text;
using Sharpless.Torch.Files;
using static Sharpless.Torch.Tests.Files.RawFiles;

namespace Sharpless.Torch.Tests.Files;

public class HostileSafetensorsTests
{
    private static string Tensor(string name, string shape, long begin, long end, string dtype = "U8") =>
        $$"""
        "{{name}}":{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
        """;

    private static byte[] Bytes(int dataLength, params string[] tensors) => Safetensors("{" + string.Join(",", tensors) + "}", new byte[dataLength]);

    [Fact]
    public void Every_cut_is_refused_and_so_are_appended_bytes()
    {
        byte[] valid = Bytes(6, Tensor("a", "[2]", 0, 2), Tensor("b", "[4]", 2, 6));
        using (ArrayFile file = Open(valid)) Assert.Equal(2, file.Count);
        for (int length = 0; length < valid.Length; length++)
            Assert.Throws<InvalidDataException>(() => Open(valid[..length], "attack.safetensors"));
        AssertRefused([.. valid, 0], "7 bytes of data", "appended");
    }

    [Fact]
    public void A_hole_is_refused() => AssertRefused(Bytes(7, Tensor("a", "[2]", 0, 2), Tensor("b", "[4]", 3, 7)), "after a hole", "'b'");

    [Fact]
    public void A_hole_at_the_front_is_refused() => AssertRefused(Bytes(3, Tensor("a", "[2]", 1, 3)), "after a hole");

    [Fact]
    public void An_overlap_is_refused() => AssertRefused(Bytes(5, Tensor("a", "[3]", 0, 3), Tensor("b", "[3]", 2, 5)), "inside another one");

    [Fact]
    public void Two_tensors_that_share_their_bytes_are_refused() => AssertRefused(Bytes(3, Tensor("a", "[3]", 0, 3), Tensor("b", "[3]", 0, 3)), "inside another one");

    [Fact]
    public void Two_tensors_of_one_name_are_refused() => AssertRefused(Bytes(4, Tensor("a", "[2]", 0, 2), Tensor("a", "[2]", 2, 4)), "'a' twice");

    [Fact]
    public void Two_tensors_whose_names_differ_in_escapes_only_are_refused() =>
        AssertRefused(Bytes(4, Tensor("a", "[2]", 0, 2), Tensor("\\u0061", "[2]", 2, 4)), "'a' twice");

    [Theory]
    [InlineData("""{"a":{"dtype":"U8","dtype":"F64","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"shape":[1],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"data_offsets":[0,1]}}""")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"__metadata__":{}}""")]
    public void Repeated_json_keys_are_refused(string header) => AssertRefused(Safetensors(header, new byte[2]));

    [Fact]
    public void Empty_tensors_lie_on_the_border_of_others()
    {
        using ArrayFile file = Open(Bytes(3, Tensor("none", "[0]", 0, 0), Tensor("a", "[3]", 0, 3), Tensor("end", "[0,5]", 3, 3), Tensor("also", "[2,0]", 3, 3)));
        Assert.Equal(4, file.Count);
        Assert.Empty(file["end"].ToArray());
    }

    [Fact]
    public void An_empty_tensor_inside_another_one_is_refused() =>
        AssertRefused(Bytes(3, Tensor("a", "[3]", 0, 3), Tensor("none", "[0]", 1, 1)), "inside another one");

    [Fact]
    public void An_empty_tensor_with_bytes_is_refused() => AssertRefused(Bytes(3, Tensor("none", "[0]", 0, 3)), "0 bytes for shape [0]");

    [Fact]
    public void An_empty_tensor_outside_the_file_is_refused() =>
        AssertRefused(Bytes(3, Tensor("a", "[3]", 0, 3), Tensor("none", "[0]", 1_000_000, 1_000_000)), "after a hole");

    [Theory]
    [InlineData("[4294967296,4294967296]", 0)]
    [InlineData("[4611686018427387904,4]", 0)]
    [InlineData("[9223372036854775807,3]", 3)]
    [InlineData("[0,4611686018427387904,4]", 0)]
    public void A_shape_whose_product_overflows_is_refused(string shape, int size) => AssertRefused(Bytes(size, Tensor("a", shape, 0, size)), "below 2^63");

    [Fact]
    public void A_byte_count_that_overflows_where_the_element_count_does_not_is_refused() =>
        AssertRefused(Bytes(0, Tensor("a", "[2305843009213693952]", 0, 0, "F64")), "below 2^63");

    [Theory]
    [InlineData("[-1]")]
    [InlineData("[1.5]")]
    [InlineData("[9223372036854775808]")]
    [InlineData("[\"2\"]")]
    [InlineData("[[2]]")]
    [InlineData("[null]")]
    [InlineData("2")]
    [InlineData("{}")]
    public void A_shape_that_is_not_a_list_of_lengths_is_refused(string shape) => AssertRefused(Bytes(2, Tensor("a", shape, 0, 2)));

    [Fact]
    public void A_list_without_end_is_not_collected() =>
        AssertRefused(Bytes(2, Tensor("a", "[" + string.Join(",", Enumerable.Repeat("1", 200_000)) + "]", 0, 2)), "at most 64");

    [Theory]
    [InlineData("[2,0]")]
    [InlineData("[0]")]
    [InlineData("[0,1,2]")]
    [InlineData("[0,3]")]
    [InlineData("[-2,0]")]
    [InlineData("[0,9223372036854775807]")]
    [InlineData("[0,9223372036854775808]")]
    public void Offsets_that_do_not_span_the_tensor_are_refused(string offsets) =>
        AssertRefused(Safetensors("""{"a":{"dtype":"U8","shape":[2],"data_offsets":""" + offsets + "}}", new byte[2]));

    [Theory]
    [InlineData("F4")]
    [InlineData("F8_E4M3")]
    [InlineData("C64")]
    [InlineData("f32")]
    [InlineData("")]
    public void Unknown_types_are_refused_by_name(string dtype) => AssertRefused(Bytes(2, Tensor("a", "[2]", 0, 2, dtype)), $"'{dtype}'", "BF16");

    [Theory]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"more":1}}""")]
    [InlineData("""{"a":[]}""")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"__metadata__":{"k":1},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":{"k":{}},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"__metadata__":"text","a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}}""")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}{}""")]
    [InlineData("""{/* */"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    [InlineData("""{"a\ud800":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""")]
    public void A_header_of_another_form_is_refused(string header) => AssertRefused(Safetensors(header, new byte[2]));

    [Fact]
    public void A_header_that_is_not_utf8_is_refused()
    {
        byte[] bytes = Bytes(2, Tensor("a?", "[2]", 0, 2));
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xff;
        AssertRefused(bytes);
    }

    [Fact]
    public void Deeply_nested_json_is_refused() => AssertRefused(Safetensors("{\"a\":" + new string('[', 100_000), []));

    [Theory]
    [InlineData("\0\0\0\0")]
    [InlineData(" \t \t\t ")]
    [InlineData("MZ")]
    public void A_payload_in_the_padding_of_the_header_is_refused(string payload) =>
        AssertRefused(Safetensors("{" + Tensor("a", "[2]", 0, 2) + "}  " + payload, new byte[2]), "padding");

    [Fact]
    public void Padding_with_spaces_is_read()
    {
        using ArrayFile file = Open(Safetensors("{" + Tensor("a", "[2]", 0, 2) + "}      ", new byte[2]));
        Assert.Equal([2], file[0].Shape);
    }

    [Theory]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(10_000UL)]
    public void A_header_length_beyond_the_file_or_the_limit_is_refused_before_allocation(ulong length) =>
        Assert.Contains(
            $"a header of {length} bytes",
            Assert.Throws<InvalidDataException>(() => Open(Safetensors("{}", [], length), "attack.safetensors")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_header_beyond_100_MB_is_refused_although_it_is_there()
    {
        byte[] bytes = Safetensors("{" + new string(' ', 100_000_000) + "}", []);
        AssertRefusedBelow(1L << 40, bytes, "at most 100000000");
    }

    [Fact]
    public void A_header_beyond_the_memory_limit_is_refused() =>
        AssertRefusedBelow(1000, Safetensors("{" + new string(' ', 1000) + "}", []), "at most 1000");

    [Fact]
    public void A_header_of_640_bytes_is_not_taken_for_a_pickle()
    {
        string header = "{" + Tensor("a", "[2]", 0, 2) + "}";
        using ArrayFile file = Open(Safetensors(header.PadRight(640), new byte[2]));
        Assert.Equal("a", file[0].Name);
    }

    [Fact]
    public void A_hundred_thousand_tensors_are_read_in_about_linear_time()
    {
        const int count = 100_000;
        var header = new StringBuilder("{");
        for (int i = count - 1; i >= 0; i--) header.Append(i == count - 1 ? "" : ",").Append(Tensor($"t{i}", "[1]", i, i + 1));
        byte[] bytes = Safetensors(header.Append('}').ToString(), new byte[count]);

        var clock = Stopwatch.StartNew();
        using ArrayFile file = Open(bytes, memoryLimit: 100 * Megabyte);
        Assert.Equal(count, file.Count);
        // Quadratic work would be 10^10 comparisons. In practice it takes a fifth of a second.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }

    [Fact]
    public void A_bool_byte_that_is_neither_0_nor_1_counts_as_true()
    {
        using ArrayFile file = Open(Safetensors("{" + Tensor("a", "[4]", 0, 4, "BOOL") + "}", [0, 1, 2, 255]));
        Assert.Equal([0, 1, 1, 1], file[0].ToArray());
        Assert.Equal([0, 1, 1, 1], file[0].ToInt64Array());
    }
}
