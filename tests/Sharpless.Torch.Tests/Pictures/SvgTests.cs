using Sharpless.Torch.Pictures;

namespace Sharpless.Torch.Tests.Pictures;

public class SvgTests
{
    [Fact]
    public void A_drawing_fills_its_pixels()
    {
        // The left half red, half transparent; the upper right quarter blue; the rest empty.
        Picture picture = Draw("""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">
              <rect width="2" height="4" fill="#ff0000" fill-opacity="0.6"/><rect x="2" width="2" height="2" fill="#0000ff"/>
            </svg>
            """, 8, 8);
        Assert.Equal((8, 8), (picture.Width, picture.Height));
        Assert.Equal([255, 0, 0, 153], Pixel(picture, 3, 7));
        Assert.Equal([0, 0, 255, 255], Pixel(picture, 4, 0));
        Assert.Equal([0, 0, 0, 0], Pixel(picture, 4, 4));
    }

    [Fact]
    public void A_drawing_keeps_its_proportions()
    {
        Picture picture = Draw("""<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="lime"/></svg>""", 8, 8);
        Assert.Equal(0, Pixel(picture, 0, 1)[3]);
        Assert.Equal([0, 255, 0, 255], Pixel(picture, 0, 2));
        Assert.Equal([0, 255, 0, 255], Pixel(picture, 7, 5));
        Assert.Equal(0, Pixel(picture, 7, 6)[3]);
    }

    [Fact]
    public void What_lies_outside_the_drawing_is_not_loaded()
    {
        string file = Path.GetFullPath(Files.Golden.PathOf(Path.Combine("..", "data", "colour.png")));
        Picture picture = Draw($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><image href="file://{file}" width="4" height="4"/></svg>""", 4, 4);
        Assert.All(picture.Rgba, value => Assert.Equal(0, value));
    }

    [Theory, InlineData(""), InlineData("<svg"), InlineData("<html/>"), InlineData("no drawing")]
    public void What_is_no_drawing_is_refused_in_one_line(string text)
    {
        string message = Assert.Throws<InvalidDataException>(() => Draw(text, 4, 4)).Message;
        Assert.StartsWith("a.svg, byte 0: SVG data that cannot be decoded", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static Picture Draw(string text, int width, int height) => Svg.Draw(System.Text.Encoding.UTF8.GetBytes(text), width, height, "a.svg");

    private static byte[] Pixel(Picture picture, int x, int y) => picture.Rgba[((y * picture.Width + x) * 4)..((y * picture.Width + x) * 4 + 4)];
}
