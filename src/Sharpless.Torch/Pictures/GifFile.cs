namespace Sharpless.Torch.Pictures;

/// <summary>The blocks of a GIF file (CompuServe, Graphics Interchange Format 89a).</summary>
internal static class GifFile
{
    private const int Header = 13, FrameHeader = 10;
    private const byte Extension = 0x21, Frame = 0x2c, Trailer = 0x3b;

    /// <summary>Whether its end is there. Skia looks no further than the first frame.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file)
    {
        if (file.Length < Header) return false;
        int at = Header + PaletteLength(file[10]);
        while (at < file.Length)
        {
            switch (file[at])
            {
                case Trailer: return true;
                case Extension: at += 2; break;
                case Frame when file.Length - at >= FrameHeader: at += FrameHeader + PaletteLength(file[at + 9]) + 1; break;
                default: return false;
            }

            // Sub-blocks, each after its length, up to an empty one.
            while (at < file.Length && file[at] != 0) at += 1 + file[at];
            at++;
        }

        return false;
    }

    private static int PaletteLength(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
}
