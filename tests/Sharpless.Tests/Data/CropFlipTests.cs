using Sharpless.Data;

namespace Sharpless.Tests.Data;

public sealed class CropFlipTests
{
    // The obvious way: pad, cut, mirror, one value at a time.
    private static byte[] Reference(byte[] image, ImageShape shape, int padding, CropFlip.Draw draw)
    {
        var result = new byte[image.Length];
        for (int y = 0; y < shape.Height; y++)
            for (int x = 0; x < shape.Width; x++)
                for (int c = 0; c < shape.Channels; c++)
                {
                    int windowX = draw.Mirrored ? shape.Width - 1 - x : x;
                    int sourceY = y + draw.Top - padding, sourceX = windowX + draw.Left - padding;
                    bool inside = sourceY >= 0 && sourceY < shape.Height && sourceX >= 0 && sourceX < shape.Width;
                    result[(y * shape.Width + x) * shape.Channels + c] =
                        inside ? image[(sourceY * shape.Width + sourceX) * shape.Channels + c] : (byte)0;
                }
        return result;
    }

    [Theory]
    [InlineData(1, 5, 7, 2)]
    [InlineData(3, 6, 4, 4)]
    [InlineData(3, 4, 5, 6)]        // windows that miss the image altogether
    [InlineData(2, 3, 3, 0)]
    public void Every_window_equals_the_obvious_way(int channels, int height, int width, int padding)
    {
        var shape = new ImageShape(channels, height, width);
        byte[] image = Enumerable.Range(1, shape.Size).Select(i => (byte)i).ToArray();
        var augmentation = new CropFlip(padding);
        for (int top = 0; top <= 2 * padding; top++)
            for (int left = 0; left <= 2 * padding; left++)
                foreach (bool mirrored in new[] { false, true })
                {
                    var draw = new CropFlip.Draw(top, left, mirrored);
                    var result = Enumerable.Repeat((byte)255, shape.Size).ToArray();
                    augmentation.Apply(image, result, shape, draw);
                    Assert.Equal(Reference(image, shape, padding, draw), result);
                }
    }

    [Fact]
    public void Windows_are_uniform_and_half_are_mirrored()
    {
        const int Draws = 81_000;
        var augmentation = new CropFlip(Padding: 4);
        var counts = new int[9, 9];
        int mirrored = 0;
        for (int i = 0; i < Draws; i++)
        {
            CropFlip.Draw draw = augmentation.DrawFor(seed: 1, step: i / 100, view: 0, place: i % 100);
            counts[draw.Top, draw.Left]++;
            if (draw.Mirrored) mirrored++;
        }
        // 1000 expected in each of 81 cells, standard deviation 31; the draws are fixed by the seed.
        foreach (int count in counts) Assert.InRange(count, 1000 - 150, 1000 + 150);
        Assert.InRange(mirrored / (double)Draws, 0.49, 0.51);
    }

    [Fact]
    public void Draws_depend_on_seed_step_view_and_place()
    {
        var augmentation = new CropFlip(Padding: 1000);
        Assert.Equal(augmentation.DrawFor(1, 2, 0, 3), augmentation.DrawFor(1, 2, 0, 3));
        CropFlip.Draw[] draws =
        [
            augmentation.DrawFor(1, 2, 0, 3), augmentation.DrawFor(2, 2, 0, 3), augmentation.DrawFor(1, 3, 0, 3),
            augmentation.DrawFor(1, 2, 1, 3), augmentation.DrawFor(1, 2, 0, 4),
        ];
        Assert.Equal(5, draws.Distinct().Count());
    }

    [Fact]
    public void Without_flip_nothing_is_mirrored()
    {
        var augmentation = new CropFlip(4, Flip: false);
        Assert.DoesNotContain(Enumerable.Range(0, 1000), place => augmentation.DrawFor(0, 0, 0, place).Mirrored);
    }

    [Fact]
    public void A_negative_border_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new CropFlip(-1));
}
