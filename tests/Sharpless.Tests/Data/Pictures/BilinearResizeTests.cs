using Sharpless.Data.Pictures;
using Sharpless.Torch.Pictures;

namespace Sharpless.Tests.Data.Pictures;

/// <summary>Squashing is checked against PyTorch with the captions; here is what cropping adds.</summary>
public class BilinearResizeTests
{
    [Theory, InlineData("colour.png"), InlineData("full.jpg")]
    public void Cropping_shows_the_middle_square_of_a_picture(string name)
    {
        Picture picture = Decode(name);
        int side = Math.Min(picture.Width, picture.Height), left = (picture.Width - side) / 2, top = (picture.Height - side) / 2;
        // With a side as long as the shorter one every pixel is one of the picture's own.
        Assert.Equal(0, (picture.Width - picture.Height) % 2);
        byte[] pixels = OnWhite(picture);
        var expected = new int[3 * side * side];
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < side; y++)
                for (int x = 0; x < side; x++) expected[(((c * side) + y) * side) + x] = pixels[((((top + y) * picture.Width) + left + x) * 3) + c];
        Assert.Equal(expected, Cropped(picture, side).Select(value => (int)Math.Round(value * 255)));
    }

    [Fact]
    public void Cropping_to_a_third_of_the_shorter_side_takes_the_middle_of_nine()
    {
        Picture picture = Decode("colour.png");
        int shorter = Math.Min(picture.Width, picture.Height), side = shorter / 3, left = (picture.Width - shorter) / 2, top = (picture.Height - shorter) / 2;
        byte[] pixels = OnWhite(picture);
        float[] cropped = Cropped(picture, side);
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                byte expected = pixels[((((top + (3 * y) + 1) * picture.Width) + left + (3 * x) + 1) * 3)];
                Assert.Equal(expected, cropped[(y * side) + x] * 255, 1e-3);
            }
        }
    }

    private static float[] Cropped(Picture picture, int side)
    {
        var pixels = new float[3 * side * side];
        BilinearResize.Write(picture, side, side, pixels, PictureFit.Crop);
        return pixels;
    }

    private static byte[] OnWhite(Picture picture)
    {
        var pixels = new byte[picture.Width * picture.Height * 3];
        picture.WriteOnWhite(pixels);
        return pixels;
    }

    private static Picture Decode(string name)
    {
        string path = GoldenFiles.PathOf("data", name);
        return PictureFile.Decode(File.ReadAllBytes(path), path);
    }
}
