using System.Xml;
using System.Xml.Linq;
using Sharpless.Torch.Files;
using SkiaSharp;
using Svg.Skia;

namespace Sharpless.Torch.Pictures;

/// <summary>Draws SVG pictures made of shapes, by Svg.Skia. What lies outside of the file is never loaded.</summary>
public static class Svg
{
    internal const string Format = "SVG";

    /// <summary>Draws a picture at a given size on transparent ground. May be called by many threads at once.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="width">Pixels in a row; the drawing is fitted in and keeps its proportions.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">
    /// It is not SVG, is too large or nested too deeply, or has parts that are not drawn: text, pictures, style sheets, what lies outside.
    /// </exception>
    /// <exception cref="DllNotFoundException">As for <see cref="PictureFile.Decode"/>.</exception>
    public static Picture Draw(ReadOnlySpan<byte> bytes, int width, int height, string path)
    {
        _ = PictureFile.Library;
        var file = new FilePlace(path);
        PictureFile.RequireSize(width, height, file);
        using XmlReader shapes = Shapes(bytes, file).CreateReader();
        try
        {
            using var drawing = new SKSvg();
            return drawing.Load(shapes) is { CullRect: { Width: > 0, Height: > 0 } } picture
                ? Draw(picture, width, height)
                : throw PictureFile.Damaged(file, Format, "it has no size");
        }
        catch (Exception error) when (error is not (InvalidDataException or OutOfMemoryException))
        {
            // Svg.Skia has no exception of its own for what it cannot draw.
            throw PictureFile.Damaged(file, Format, $"{error.GetType().Name} in Svg.Skia: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static XDocument Shapes(ReadOnlySpan<byte> bytes, FilePlace file)
    {
        try
        {
            return SvgShapes.Read(bytes, file);
        }
        catch (XmlException error)
        {
            throw PictureFile.Damaged(file, Format, error.Message.ReplaceLineEndings(" "));
        }
    }

    private static unsafe Picture Draw(SKPicture picture, int width, int height)
    {
        var form = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul);
        using SKSurface surface = SKSurface.Create(form) ?? throw new InvalidOperationException($"Skia has no room for {width}x{height} pixels.");
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(SKColors.Transparent);
        // All of the drawing, in its proportions, in the middle.
        SKRect all = picture.CullRect;
        float scale = Math.Min(width / all.Width, height / all.Height);
        canvas.Translate((width - all.Width * scale) / 2, (height - all.Height * scale) / 2);
        canvas.Scale(scale);
        canvas.Translate(-all.Left, -all.Top);
        canvas.ClipRect(all);
        canvas.DrawPicture(picture);
        canvas.Flush();

        var pixels = new byte[width * height * 4];
        fixed (byte* target = pixels)
            if (!surface.ReadPixels(form.WithAlphaType(SKAlphaType.Unpremul), (nint)target, form.RowBytes, 0, 0))
                throw new InvalidOperationException("Bug in Sharpless: Skia gives other pixels than those of the surface.");
        return new Picture(width, height, pixels);
    }
}
