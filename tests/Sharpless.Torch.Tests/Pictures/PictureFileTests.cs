using Sharpless.Torch.Files;
using Sharpless.Torch.Pictures;
using Sharpless.Torch.Tests.Files;

namespace Sharpless.Torch.Tests.Pictures;

// tests/golden/data/make.py wrote the pictures with Pillow, and beside them what Pillow reads from them.
public class PictureFileTests
{
    public static TheoryData<string> Names => [.. Directory.GetFiles(Path.GetDirectoryName(PathOf("pictures.npz"))!)
        .Where(path => PictureFile.Endings.Contains(Path.GetExtension(path))).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Names))]
    public void A_picture_is_decoded_to_the_bytes_that_Pillow_gives(string name)
    {
        Picture picture = Decode(name);
        using ArrayFile expected = ArrayFile.Open(PathOf("pictures.npz"));
        Assert.Equal(expected[name].Shape, [picture.Height, picture.Width, 4]);
        byte[] pixels = expected[name].ToArray();
        int different = Enumerable.Range(0, pixels.Length).FirstOrDefault(i => pixels[i] != picture.Rgba[i], -1);
        Assert.True(different < 0, different < 0 ? "" : $"{name}: value {different} is {picture.Rgba[different]}, Pillow has {pixels[different]}");
    }

    [Fact]
    public void All_variants_are_there() => Assert.Equal(22, Names.Count);

    [Theory, InlineData("colour.jpg"), InlineData("progressive.jpg"), InlineData("palette.png"), InlineData("transparent.png"), InlineData("lossy.webp"), InlineData("transparent.webp")]
    public void A_picture_cut_off_anywhere_is_refused_in_one_line(string name)
    {
        byte[] whole = File.ReadAllBytes(PathOf(name));
        // The end marker of JPEG, the end chunk of PNG and the padding of WebP carry no pixels.
        int needed = whole.Length - (name.EndsWith("png", StringComparison.Ordinal) ? 16 : 2);
        for (int length = 0; length < needed; length += 1 + length / 20)
        {
            string message = Assert.Throws<InvalidDataException>(() => PictureFile.Decode(whole.AsSpan(0, length), "cut")).Message;
            Assert.StartsWith("cut, byte 0: ", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Any_changed_byte_is_decoded_or_refused()
    {
        foreach (string name in (string[])["colour.jpg", "cut_out.png", "lossy.webp"])
        {
            byte[] whole = File.ReadAllBytes(PathOf(name));
            for (int place = 0; place < whole.Length; place++)
                foreach (byte value in (byte[])[0, 0xff, (byte)(whole[place] ^ 0x10)])
                {
                    byte[] changed = [.. whole];
                    changed[place] = value;
                    try
                    {
                        PictureFile.Decode(changed, name);
                    }
                    catch (InvalidDataException error)
                    {
                        Assert.DoesNotContain('\n', error.Message);
                    }
                }
        }
    }

    [Fact]
    public void A_picture_that_claims_too_many_pixels_is_refused_before_memory_is_taken()
    {
        byte[] png = File.ReadAllBytes(PathOf("colour.png"));
        byte[] huge = [.. png];
        // IHDR: width and height stand at bytes 16 and 20; the CRC over them at 29.
        (huge[16], huge[17], huge[20], huge[21]) = (0x00, 0x0f, 0x00, 0x0f);
        byte[] crc = BitConverter.GetBytes(RawFiles.Crc(huge[12..29]));
        for (int i = 0; i < 4; i++) huge[29 + i] = crc[3 - i];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("a picture of 983077x983061; expected 1 to 67108864 pixels", Assert.Throws<InvalidDataException>(() => PictureFile.Decode(huge, "huge")).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, RawFiles.Megabyte);
    }

    [Fact]
    public void Another_format_is_refused() =>
        Assert.Contains("the bytes 6E6F6E65; expected a JPEG, PNG, WebP, GIF or BMP picture", Assert.Throws<InvalidDataException>(() => PictureFile.Decode("none"u8, "a.tiff")).Message, StringComparison.Ordinal);

    [Fact]
    public void Many_threads_decode_at_once()
    {
        byte[] jpeg = File.ReadAllBytes(PathOf("noise.jpg"));
        byte[] expected = PictureFile.Decode(jpeg, "noise").Rgba;
        Parallel.For(0, 200, _ => Assert.Equal(expected, PictureFile.Decode(jpeg, "noise").Rgba));
    }

    [Fact]
    public void A_picture_is_laid_on_white_paper()
    {
        var picture = new Picture(3, 1, [10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 51]);
        var values = new byte[9];
        picture.WriteOnWhite(values);
        // A fifth of the colour and four fifths of white.
        Assert.Equal([10, 20, 30, 255, 255, 255, 204, 224, 244], values);
        Assert.Throws<ArgumentException>(() => picture.WriteOnWhite(new byte[8]));
    }

    [Theory, InlineData(1, 1), InlineData(17, 33)]
    public void What_is_written_as_PNG_is_read_again(int width, int height)
    {
        byte[] rgb = [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * 7919 >> 3)).ToArray()], read = new byte[rgb.Length];
        Picture picture = PictureFile.Decode(PictureFile.EncodePng(rgb, width, height), "written");
        Assert.Equal((width, height), (picture.Width, picture.Height));
        picture.WriteOnWhite(read);
        Assert.Equal(rgb, read);
        Assert.Throws<ArgumentException>(() => PictureFile.EncodePng(rgb, width, height + 1));
    }

    private static string PathOf(string name) => Golden.PathOf(Path.Combine("..", "data", name));

    private static Picture Decode(string name) => PictureFile.Decode(File.ReadAllBytes(PathOf(name)), name);
}
