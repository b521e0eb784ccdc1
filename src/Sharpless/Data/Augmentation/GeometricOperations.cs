namespace Sharpless.Data.Augmentation;

/// <summary>Operations that move pixels: nearest neighbour, black where nothing comes from. Results are those of Pillow to the byte.</summary>
/// <remarks>Images are [H, W, C] bytes. What an operation needs to read while it writes is copied first, to a buffer as large as the image.</remarks>
internal static class GeometricOperations
{
    // The colour of a cut out box, red, green and blue: about the mean of ImageNet.
    private static ReadOnlySpan<byte> BoxColour => [125, 123, 114];

    /// <summary>Turns the image about its middle, counter-clockwise; the size stays.</summary>
    internal static void Rotate(Span<byte> image, ImageShape shape, double degrees, Span<byte> copy)
    {
        double angle = -degrees * Math.PI / 180, cos = Math.Round(Math.Cos(angle), 15), sin = Math.Round(Math.Sin(angle), 15);
        double x = shape.Width / 2.0, y = shape.Height / 2.0;
        Affine(image, shape, [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y], copy);
    }

    /// <summary>output(x, y) = input(x + factor * y, y).</summary>
    internal static void ShearX(Span<byte> image, ImageShape shape, double factor, Span<byte> copy) => Affine(image, shape, [1, factor, 0, 0, 1, 0], copy);

    /// <summary>output(x, y) = input(x, y + factor * x).</summary>
    internal static void ShearY(Span<byte> image, ImageShape shape, double factor, Span<byte> copy) => Affine(image, shape, [1, 0, 0, factor, 1, 0], copy);

    /// <summary>output(x, y) = input(x + right, y + down).</summary>
    internal static void Translate(Span<byte> image, ImageShape shape, double right, double down, Span<byte> copy)
    {
        image.CopyTo(copy);
        image.Clear();
        for (int y = 0; y < shape.Height; y++)
        {
            // Pixels have their middle at 0.5; Pillow truncates the place in the input, but takes none below 0.
            double row = y + 0.5 + down;
            if (row < 0 || row >= shape.Height) continue;
            for (int x = 0; x < shape.Width; x++)
            {
                double column = x + 0.5 + right;
                if (column < 0 || column >= shape.Width) continue;
                copy.Slice(((int)row * shape.Width + (int)column) * shape.Channels, shape.Channels).CopyTo(image[((y * shape.Width + x) * shape.Channels)..]);
            }
        }
    }

    /// <summary>Fills a box around a place with one colour; the box is cut off at the border, left and above towards its middle.</summary>
    /// <param name="image">The image.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="size">Side of the box in pixels.</param>
    /// <param name="centreX">Middle of the box, from 0 to W.</param>
    /// <param name="centreY">Middle of the box, from 0 to H.</param>
    internal static void Cutout(Span<byte> image, ImageShape shape, double size, double centreX, double centreY)
    {
        int left = (int)Math.Max(0, centreX - size / 2), top = (int)Math.Max(0, centreY - size / 2);
        // Pillow's rectangle includes its last row and column.
        int right = Math.Min(shape.Width - 1, (int)Math.Min(shape.Width, left + size)), bottom = Math.Min(shape.Height - 1, (int)Math.Min(shape.Height, top + size));
        for (int y = top; y <= bottom; y++)
        {
            for (int x = left; x <= right; x++)
            {
                Span<byte> pixel = image.Slice((y * shape.Width + x) * shape.Channels, shape.Channels);
                if (shape.Channels == 3) BoxColour.CopyTo(pixel);
                else pixel.Fill(BlendOperations.Grey(BoxColour));
            }
        }
    }

    // output(x, y) = input(a0 x + a1 y + a2, a3 x + a4 y + a5), in sixteen binary digits as Pillow computes it.
    private static void Affine(Span<byte> image, ImageShape shape, ReadOnlySpan<double> a, Span<byte> copy)
    {
        image.CopyTo(copy);
        image.Clear();
        int xByX = Fixed(a[0]), xByY = Fixed(a[1]), yByX = Fixed(a[3]), yByY = Fixed(a[4]);
        int firstX = Fixed(a[2] + a[0] * 0.5 + a[1] * 0.5), firstY = Fixed(a[5] + a[3] * 0.5 + a[4] * 0.5);
        for (int y = 0; y < shape.Height; y++, firstX += xByY, firstY += yByY)
        {
            int atX = firstX, atY = firstY;
            for (int x = 0; x < shape.Width; x++, atX += xByX, atY += yByX)
            {
                int column = atX >> 16, row = atY >> 16;
                if ((uint)column >= (uint)shape.Width || (uint)row >= (uint)shape.Height) continue;
                copy.Slice((row * shape.Width + column) * shape.Channels, shape.Channels).CopyTo(image[((y * shape.Width + x) * shape.Channels)..]);
            }
        }
    }

    private static int Fixed(double value) => (int)Math.Floor(value * 65536.0 + 0.5);
}
