using Sharpless.Torch.Files;
using Sharpless.Torch.Pictures;
using Sharpless.Torch.Tests.Files;

namespace Sharpless.Torch.Tests.Pictures;

// tests/golden/pictures/make.py made the pictures, and beside them what Pillow reads from them.
public sealed class OddPictureTests : IDisposable
{
    private readonly ArrayFile _pictures = ArrayFile.Open(Golden.PathOf(System.IO.Path.Combine("..", "pictures", "oddities.npz")));

    public void Dispose() => _pictures.Dispose();

    [Theory, InlineData(".png", 95), InlineData(".jpg", 84), InlineData(".webp", 7), InlineData(".gif", 10), InlineData(".bmp", 10)]
    public void Odd_but_whole_pictures_have_the_pixels_that_Pillow_reads(string ending, int count)
    {
        string[] names = [.. Names().Where(name => name.EndsWith(ending, StringComparison.Ordinal))];
        Assert.Equal(count, names.Length);
        List<string> wrong = [];
        foreach (string name in names)
        {
            StoredArray expected = _pictures["pixels/" + name];
            try
            {
                Picture picture = PictureFile.Decode(Bytes(name), name);
                if (!expected.Shape.SequenceEqual([picture.Height, picture.Width, 4])) wrong.Add($"{name}: {picture.Width}x{picture.Height}");
                else if (Largest(expected.ToArray(), picture.Rgba) is > 0 and int difference) wrong.Add($"{name}: a difference of {difference}");
            }
            catch (InvalidDataException error)
            {
                wrong.Add(error.Message);
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("baseline_jfif_2_01.jpg"), InlineData("baseline_end_0.jpg"), InlineData("baseline_stray_everywhere.jpg")]
    [InlineData("progressive_jfif_2_01.jpg"), InlineData("progressive_stray_between_scans.jpg"), InlineData("several_oddities.jpg"), InlineData("cmyk_transform_7.jpg")]
    public void An_odd_picture_that_is_cut_off_anywhere_is_refused(string name)
    {
        byte[] whole = Bytes(name);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => PictureFile.Decode(whole.AsSpan(0, length), $"{name} cut to {length}"));
    }

    [Theory, InlineData("animated.webp"), InlineData("placed_alpha.webp"), InlineData("animated.gif"), InlineData("placed_cut_out.gif")]
    public void An_animation_that_is_cut_off_anywhere_is_refused(string name)
    {
        byte[] whole = Bytes(name);
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => PictureFile.Decode(whole.AsSpan(0, length), $"{name} cut to {length}"));
    }

    [Theory, InlineData("rgb.bmp"), InlineData("palette.bmp"), InlineData("top_down.bmp"), InlineData("runs.bmp")]
    public void A_bitmap_that_is_cut_off_anywhere_is_refused(string name)
    {
        byte[] whole = Bytes(name);
        // The last two bytes of runs say that they end.
        for (int length = 0; length < whole.Length - (name == "runs.bmp" ? 2 : 0); length++)
            Assert.Throws<InvalidDataException>(() => PictureFile.Decode(whole.AsSpan(0, length), $"{name} cut to {length}"));
    }

    [Theory]
    [InlineData("interlaced.gif"), InlineData("palette.bmp"), InlineData("runs.bmp"), InlineData("deep_rgba_interlaced.png"), InlineData("no_tables.jpg")]
    [InlineData("several_oddities.jpg"), InlineData("progressive_stray_between_scans.jpg"), InlineData("placed_alpha.webp"), InlineData("rgb_gamma_chrm.png")]
    public void Any_changed_byte_of_an_odd_picture_is_decoded_or_refused(string name)
    {
        byte[] whole = Bytes(name);
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

    [Fact]
    public void A_damaged_scan_is_refused_also_where_an_oddity_stands_before_it()
    {
        byte[] odd = Bytes("baseline_jfif_2_01.jpg"), damaged = [.. odd];
        int scan = odd.AsSpan().IndexOf<byte>([0xff, 0xda]);
        // A marker in the middle of the pixels: the decoder paints the rest grey.
        (damaged[scan + 40], damaged[scan + 41]) = (0xff, 0xc4);
        Assert.Throws<InvalidDataException>(() => PictureFile.Decode(damaged, "damaged"));
    }

    [Fact]
    public void Stray_bytes_at_the_end_of_a_scan_do_not_hide_that_a_later_one_is_cut_off()
    {
        byte[] plain = Bytes("progressive_trailer.jpg");
        int scan = plain.AsSpan().IndexOf<byte>([0xff, 0xda]) + 2, end = scan;
        while (plain[end] != 0xff || plain[end + 1] == 0) end++;
        // They look like pixels, so they cannot be taken out, and the library tells of them alone.
        byte[] odd = [.. plain[..end], 0, 0, 0, 0, 0, 0, 0, .. plain[end..]];
        Assert.Equal(PictureFile.Decode(plain, "plain").Rgba, PictureFile.Decode(odd, "odd").Rgba);
        int last = odd.AsSpan().LastIndexOf<byte>([0xff, 0xd9]);
        for (int length = end; length <= last; length++)
            Assert.Throws<InvalidDataException>(() => PictureFile.Decode(odd.AsSpan(0, length), $"cut to {length}"));
    }

    [Theory, InlineData("coarse.jpg"), InlineData("progressive_trailer.jpg"), InlineData("no_tables.jpg")]
    public void A_wrong_code_in_a_scan_is_refused(string name)
    {
        // Ones throughout are no code in any table; each with the zero that tells them from a marker.
        byte[] damaged = Bytes(name);
        int pixels = damaged.AsSpan().IndexOf<byte>([0xff, 0xda]) + 24;
        for (int i = 0; i < 8; i += 2) (damaged[pixels + i], damaged[pixels + i + 1]) = (0xff, 0);
        Assert.Contains("bad Huffman code", Assert.Throws<InvalidDataException>(() => PictureFile.Decode(damaged, "damaged")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_animation_without_its_first_picture_is_refused()
    {
        byte[] damaged = Bytes("placed.webp");
        int picture = damaged.AsSpan().IndexOf("ANMF"u8) + 24;
        Assert.Equal("VP8L"u8, damaged.AsSpan(picture, 4));
        damaged[picture] = (byte)'X';
        Assert.Contains("its first frame is damaged", Assert.Throws<InvalidDataException>(() => PictureFile.Decode(damaged, "damaged")).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("TIFF", "a TIFF picture")]
    public void Other_formats_are_refused_by_name_whatever_the_file_is_called(string kind, string expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => PictureFile.Decode(_pictures["other/" + kind].ToArray(), "a.png")).Message;
        Assert.StartsWith($"a.png, byte 0: {expected}; expected a JPEG, PNG, WebP, GIF or BMP picture. Save it as PNG", message, StringComparison.Ordinal);
    }

    private IEnumerable<string> Names() => _pictures.Where(array => array.Name.StartsWith("file/", StringComparison.Ordinal)).Select(array => array.Name["file/".Length..]);

    private byte[] Bytes(string name) => _pictures["file/" + name].ToArray();

    private static int Largest(byte[] expected, byte[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
}
