using System.Runtime.InteropServices;
using Sharpless.Torch.Files;

namespace Sharpless.Torch.Pictures;

/// <summary>Draws SVG pictures, by librsvg and cairo. What a drawing refers to outside itself is never loaded.</summary>
public static unsafe partial class Svg
{
    private const string Rsvg = "librsvg-2.so.2", Cairo = "libcairo.so.2", GObject = "libgobject-2.0.so.0", GLib = "libglib-2.0.so.0";
    private const int Argb32 = 0;

    internal static readonly SystemLibrary Library = new(Rsvg, "librsvg2-2");

    /// <summary>Draws a picture at a given size on transparent ground. May be called by many threads at once.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="width">Pixels in a row; the drawing is fitted in and keeps its proportions.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">It is not SVG, or cannot be drawn.</exception>
    /// <exception cref="DllNotFoundException">librsvg is not installed; the message names its Debian package.</exception>
    public static Picture Draw(ReadOnlySpan<byte> bytes, int width, int height, string path)
    {
        Library.Require();
        var file = new FilePlace(path);
        byte[] pixels = PictureFile.Allocate(width, height, file);
        nint error = 0;
        nint drawing;
        fixed (byte* data = bytes) drawing = rsvg_handle_new_from_data(data, (nuint)bytes.Length, ref error);
        if (drawing == 0) throw Failed(error, file);
        nint surface = cairo_image_surface_create(Argb32, width, height), context = cairo_create(surface);
        try
        {
            var viewport = new Rectangle { Width = width, Height = height };
            if (rsvg_handle_render_document(drawing, context, in viewport, ref error) == 0) throw Failed(error, file);
            cairo_surface_flush(surface);
            if (cairo_surface_status(surface) != 0) throw PictureFile.Damaged(file, "SVG", $"cairo has no room for {width}x{height} pixels");
            Separate((byte*)cairo_image_surface_get_data(surface), cairo_image_surface_get_stride(surface), width, height, pixels);
            return new Picture(width, height, pixels);
        }
        finally
        {
            cairo_destroy(context);
            cairo_surface_destroy(surface);
            g_object_unref(drawing);
        }
    }

    // cairo's pixels are 32-bit numbers ARGB (in memory blue first), colours multiplied by the opacity.
    private static void Separate(byte* source, int stride, int width, int height, Span<byte> pixels)
    {
        for (int y = 0, to = 0; y < height; y++)
            for (int x = 0; x < width; x++, to += 4)
            {
                byte* pixel = source + y * stride + x * 4;
                int opacity = pixel[3];
                for (int c = 0; c < 3; c++) pixels[to + c] = opacity == 0 ? (byte)0 : (byte)Math.Min(255, (pixel[2 - c] * 255 + opacity / 2) / opacity);
                pixels[to + 3] = (byte)opacity;
            }
    }

    // GError of glib: domain, code, message.
    private static InvalidDataException Failed(nint error, FilePlace file)
    {
        string why = error == 0 ? "unknown error" : Marshal.PtrToStringUTF8(*(nint*)(error + 8)) ?? "unknown error";
        if (error != 0) g_error_free(error);
        return PictureFile.Damaged(file, "SVG", why.ReplaceLineEndings(" "));
    }

    // RsvgRectangle
    [StructLayout(LayoutKind.Sequential)]
    private struct Rectangle
    {
        public double X, Y, Width, Height;
    }

    [LibraryImport(Rsvg)]
    private static partial nint rsvg_handle_new_from_data(byte* data, nuint size, ref nint error);

    [LibraryImport(Rsvg)]
    private static partial int rsvg_handle_render_document(nint drawing, nint context, in Rectangle viewport, ref nint error);

    [LibraryImport(GObject)]
    private static partial void g_object_unref(nint thing);

    [LibraryImport(GLib)]
    private static partial void g_error_free(nint error);

    [LibraryImport(Cairo)]
    private static partial nint cairo_image_surface_create(int format, int width, int height);

    [LibraryImport(Cairo)]
    private static partial nint cairo_create(nint surface);

    [LibraryImport(Cairo)]
    private static partial void cairo_destroy(nint context);

    [LibraryImport(Cairo)]
    private static partial void cairo_surface_destroy(nint surface);

    [LibraryImport(Cairo)]
    private static partial void cairo_surface_flush(nint surface);

    [LibraryImport(Cairo)]
    private static partial int cairo_surface_status(nint surface);

    [LibraryImport(Cairo)]
    private static partial nint cairo_image_surface_get_data(nint surface);

    [LibraryImport(Cairo)]
    private static partial int cairo_image_surface_get_stride(nint surface);
}
