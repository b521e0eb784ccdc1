using BitMiracle.LibJpeg.Classic;

namespace Sharpless.Torch.Pictures;

/// <summary>
/// Looks for damage in a JPEG file. Skia paints over it: grey for what is missing, noise behind a wrong code. libjpeg tells of it in
/// warnings, which Skia throws away; so its port to .NET walks through the scans, up to the coefficients of the transform.
/// </summary>
internal static class JpegScans
{
    private static readonly byte[] StandardTables = MakeStandardTables();

    /// <summary>What is wrong with the file; null where it is whole.</summary>
    public static unsafe string? FlawOf(ReadOnlySpan<byte> file)
    {
        fixed (byte* start = file)
        {
            using var stream = new UnmanagedMemoryStream(start, file.Length);
            var decoder = new jpeg_decompress_struct(new Listener());
            try
            {
                decoder.jpeg_stdio_src(new MemoryStream(StandardTables));
                decoder.jpeg_read_header(require_image: false);
                decoder.jpeg_stdio_src(stream);
                decoder.jpeg_read_header(require_image: true);
                decoder.jpeg_read_coefficients();
                decoder.jpeg_finish_decompress();
                return null;
            }
            catch (Flaw flaw)
            {
                return flaw.Message;
            }
            catch (Exception error) when (error is IndexOutOfRangeException or NullReferenceException or InvalidOperationException or ArgumentException)
            {
                return "its parts contradict each other";           // the port checks less than it should
            }
        }
    }

    // The codes of ITU-T T.81, annex K.3, as a file of their own: frames of films come without any, and decoders take these.
    private static byte[] MakeStandardTables()
    {
        var file = new MemoryStream();
        var encoder = new jpeg_compress_struct(new Listener()) { Input_components = 3, In_color_space = J_COLOR_SPACE.JCS_RGB };
        encoder.jpeg_set_defaults();
        encoder.jpeg_stdio_dest(file);
        encoder.jpeg_write_tables();
        return file.ToArray();
    }

    private sealed class Flaw(string message) : Exception(message);

    // Level -1 is a warning, higher ones are remarks.
    private sealed class Listener : jpeg_error_mgr
    {
        private J_MESSAGE_CODE _code;

        public override void emit_message(int msg_level)
        {
            if (msg_level >= 0) return;
            string text = format_message();
            if (!IsHarmless(_code)) throw new Flaw(text);
        }

        public override void error_exit() => throw new Flaw(format_message());

        protected override string GetMessageText(int code)
        {
            _code = (J_MESSAGE_CODE)code;
            return base.GetMessageText(code);
        }

        // No pixel depends on these: stray bytes between segments, another revision of JFIF, a colour transform that is none, and
        // parameters that only progressive files use. That a file is cut off is said by a warning of its own.
        private static bool IsHarmless(J_MESSAGE_CODE code) =>
            code is J_MESSAGE_CODE.JWRN_EXTRANEOUS_DATA or J_MESSAGE_CODE.JWRN_JFIF_MAJOR or J_MESSAGE_CODE.JWRN_ADOBE_XFORM or J_MESSAGE_CODE.JWRN_NOT_SEQUENTIAL;
    }
}
