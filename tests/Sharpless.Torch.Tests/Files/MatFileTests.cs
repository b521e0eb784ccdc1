using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Tests.Files;

// tests/golden/data/make.py wrote the files with scipy.io.savemat.
public class MatFileTests
{
    private static string PathOf(string name) => Golden.PathOf(Path.Combine("..", "data", name));

    [Theory, InlineData("numbers.mat"), InlineData("numbers_compressed.mat")]
    public void Numbers_of_every_type_are_read_as_scipy_wrote_them(string name)
    {
        MatFile file = MatFile.Read(PathOf(name));
        // Rows [-2, 3, 0] and [7, -100, 5], column by column.
        foreach (string type in (string[])["int8", "int16", "int32", "float32", "float64"])
        {
            Assert.Equal([2, 3], file[type].Shape);
            Assert.Equal([-2, 7, 3, -100, 0, 5], file[type].ToDoubles());
        }
        foreach (string type in (string[])["uint8", "uint16", "uint32"]) Assert.Equal([2, 7, 3, 200, 0, 5], file[type].ToDoubles());
        Assert.Equal([2, 7, 3, 200, 0, 5], file["uint8"].ToBytes());
        Assert.Equal([0, 3], file["empty"].Shape);
        Assert.Empty(file["empty"].ToDoubles());
    }

    [Theory, InlineData("text"), InlineData("struct"), InlineData("sparse"), InlineData("complex")]
    public void What_is_no_real_array_of_numbers_is_passed_over(string name) =>
        Assert.Contains($"no array '{name}'; expected one of", Assert.Throws<InvalidDataException>(() => MatFile.Read(PathOf("numbers.mat"))[name]).Message, StringComparison.Ordinal);

    [Fact]
    public void Numbers_stored_wider_are_not_taken_for_bytes() =>
        Assert.Contains("numbers stored as Int16; expected uint8", Assert.Throws<InvalidDataException>(() => MatFile.Read(PathOf("numbers.mat"))["int16"].ToBytes()).Message, StringComparison.Ordinal);

    [Fact]
    public void Big_endian_files_are_read()
    {
        byte[] file = [.. Header("MI"), 0, 0, 0, 14, 0, 0, 0, 56,
            0, 0, 0, 6, 0, 0, 0, 8, 0, 0, 0, 6, 0, 0, 0, 0,                            // flags: double
            0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2,                            // shape [1, 2]
            0, 1, 0, 1, (byte)'v', 0, 0, 0,                                            // name, inside its tag
            0, 0, 0, 3, 0, 0, 0, 4, 0xff, 0xfe, 1, 1, 0, 0, 0, 0];                     // int16: -2, 257
        Assert.Equal([-2, 257], Read(file)["v"].ToDoubles());
    }

    [Fact]
    public void Another_format_is_refused()
    {
        Refused([], "an empty file");
        Refused(Encoding.ASCII.GetBytes(new string('x', 300)), "another start");
        byte[] hdf5 = Header("IM");
        hdf5[125] = 2;
        Refused(hdf5, "MATLAB version 7.3, which is HDF5");
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused_or_lacks_arrays()
    {
        foreach (string name in (string[])["numbers.mat", "numbers_compressed.mat"])
        {
            byte[] whole = File.ReadAllBytes(PathOf(name));
            for (int length = 0; length < whole.Length; length++)
            {
                byte[] cut = whole[..length];
                try
                {
                    Assert.Throws<InvalidDataException>(() => Read(cut)["empty"]);
                }
                catch (Exception error)
                {
                    throw new InvalidOperationException($"{name} cut to {length} bytes", error);
                }
            }
        }
    }

    [Fact]
    public void Any_changed_byte_is_read_or_refused_in_one_line()
    {
        byte[] whole = File.ReadAllBytes(PathOf("numbers.mat"));
        for (int place = 0; place < whole.Length; place++)
            foreach (byte value in (byte[])[0, 1, 0x7f, 0xff])
            {
                byte[] changed = [.. whole];
                changed[place] = value;
                try
                {
                    Read(changed)["float64"].ToDoubles();
                }
                catch (InvalidDataException error)
                {
                    Assert.DoesNotContain('\n', error.Message);
                }
            }
    }

    [Fact]
    public void A_shape_that_does_not_go_with_the_data_is_refused()
    {
        byte[] element = Array(shape: [2, 3], data: [1, 2, 3, 4, 5]);
        Refused([.. Header("IM"), .. element], "5 bytes for shape [2, 3]; expected 6");
    }

    [Fact]
    public void An_array_beyond_the_memory_limit_is_refused_before_it_is_allocated()
    {
        byte[] element = Array(shape: [3 << 20, 1], data: new byte[3 << 20]);
        Refused([.. Header("IM"), .. element], "at most 1048576, the memory limit");
        var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal)) zlib.Write(element);
        byte[] data = compressed.ToArray();
        Refused([.. Header("IM"), 15, 0, 0, 0, .. BitConverter.GetBytes(data.Length), .. data], "at most 1048576, the memory limit");
    }

    private static byte[] Header(string endian)
    {
        var header = new byte[128];
        (int low, int high) = endian == "IM" ? (124, 125) : (125, 124);
        (header[low], header[high]) = (0, 1);
        (header[126], header[127]) = ((byte)endian[0], (byte)endian[1]);
        return header;
    }

    // A little-endian array of unsigned bytes named v.
    private static byte[] Array(int[] shape, byte[] data)
    {
        byte[] dimensions = [.. shape.SelectMany(BitConverter.GetBytes)];
        byte[] content =
        [
            6, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 8, 0, 0, 0, .. dimensions, 1, 0, 1, 0, (byte)'v', 0, 0, 0,
            2, 0, 0, 0, .. BitConverter.GetBytes(data.Length), .. data, .. new byte[(8 - data.Length % 8) % 8],
        ];
        var tag = new byte[8];
        tag[0] = 14;
        BinaryPrimitives.WriteInt32LittleEndian(tag.AsSpan(4), content.Length);
        return [.. tag, .. content];
    }

    private static MatFile Read(byte[] bytes) => MatFile.Read(new MemorySource(bytes), new FilePlace("attack.mat"), new ArrayFileOptions { MemoryLimit = 1 << 20 });

    private static void Refused(byte[] bytes, string text)
    {
        string message = Assert.Throws<InvalidDataException>(() => Read(bytes)).Message;
        Assert.StartsWith("attack.mat", message, StringComparison.Ordinal);
        Assert.Contains(text, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
