using Sharpless.Data;
using Sharpless.Data.Augmentation;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Data.Augmentation;

/// <summary>RandAugment against Pillow (tests/golden/augmentation/make.py).</summary>
public class RandAugmentTests
{
    private static readonly string[] Names =
        ["AutoContrast", "Equalize", "Invert", "Rotate", "Posterize", "Solarize", "SolarizeAdd", "Color", "Contrast", "Brightness", "Sharpness", "ShearX", "ShearY", "Cutout", "TranslateX", "TranslateY"];

    [Theory]
    [InlineData(3, 32, 32)]
    [InlineData(1, 28, 28)]
    [InlineData(3, 64, 64)]
    [InlineData(3, 9, 14)]
    public void Every_operation_gives_the_bytes_of_pillow(int channels, int height, int width)
    {
        var shape = new ImageShape(channels, height, width);
        byte[] image = Golden($"in_{shape}"), expected = Golden($"out_{shape}");
        var policy = new RandAugment();
        for (int number = 0; number < 2 * RandAugment.Kinds; number++)
        {
            int sign = number % 2 == 0 ? 1 : -1;
            (double x, double y) = sign > 0 ? (0.3, 0.9) : (0.02, 0.5);
            byte[] result = [.. image];
            policy.Apply(number / 2, sign, x, y, result, shape, new byte[shape.Size]);
            int wrong = Enumerable.Range(0, shape.Size).FirstOrDefault(i => result[i] != expected[number * shape.Size + i], -1);
            Assert.True(wrong < 0, $"{Names[number / 2]}, sign {sign}: byte {wrong} is {(wrong < 0 ? 0 : result[wrong])}, Pillow gives {(wrong < 0 ? 0 : expected[number * shape.Size + wrong])}");
        }
    }

    [Fact]
    public void Operations_are_drawn_uniformly_and_independently_of_each_other()
    {
        // Invert, Brightness and so on cannot be told from the outside, so the draws are counted through the policy's own hook.
        var counts = new int[RandAugment.Kinds, RandAugment.Kinds];
        const int Draws = 64_000;
        for (int i = 0; i < Draws; i++)
        {
            int[] kinds = [.. RandAugment.KindsFor(seed: 5, step: i / 128, view: 0, place: i % 128)];
            counts[kinds[0], kinds[1]]++;
        }

        // 256 pairs, 250 expected of each: chi-squared has mean 255 and standard deviation 22.6.
        double expected = Draws / 256.0, chiSquared = counts.Cast<int>().Sum(count => (count - expected) * (count - expected) / expected);
        Assert.InRange(chiSquared, 255 - 4 * 22.6, 255 + 4 * 22.6);
    }

    [Fact]
    public void Scaled_ranges_leave_something_of_a_small_image()
    {
        var shape = new ImageShape(3, 32, 32);
        byte[] image = Golden("in_3x32x32");
        byte[] original = [.. image], scaled = [.. image];
        new RandAugment().Apply(14, 1, 0, 0, original, shape, new byte[shape.Size]);
        new RandAugment(RandAugmentScale.Scaled).Apply(14, 1, 0, 0, scaled, shape, new byte[shape.Size]);
        Assert.All(original, value => Assert.Equal(0, value));
        // 14/30 * 150/331 * 32 = 6.77: pixel x comes from x + 7.
        for (int y = 0; y < 32; y++)
            Assert.Equal(image.AsSpan((y * 32 + 7) * 3, 25 * 3).ToArray(), scaled.AsSpan(y * 32 * 3, 25 * 3).ToArray());
    }

    [Fact]
    public void The_draws_depend_on_seed_step_view_and_place_and_on_nothing_else()
    {
        var shape = new ImageShape(3, 32, 32);
        byte[][] results = [.. new[] { (1UL, 0L, 0, 0), (1UL, 0L, 0, 0), (2UL, 0L, 0, 0), (1UL, 1L, 0, 0), (1UL, 0L, 1, 0), (1UL, 0L, 0, 1) }.Select(key =>
        {
            // Many places, since two single draws may agree.
            var all = new List<byte>();
            for (int place = 0; place < 20; place++)
            {
                byte[] image = Golden("in_3x32x32");
                new RandAugment().Apply(image, shape, key.Item1, key.Item2, key.Item3, key.Item4 + place, new byte[shape.Size]);
                all.AddRange(image);
            }

            return all.ToArray();
        })];
        Assert.Equal(results[0], results[1]);
        for (int i = 2; i < results.Length; i++) Assert.NotEqual(results[0], results[i]);
    }

    private static byte[] Golden(string name)
    {
        using ArrayFile file = ArrayFile.Open(GoldenFiles.PathOf("augmentation", "randaugment.npz"));
        using Tensor tensor = file.Single(array => array.Name == name).ToTensor();
        return tensor.ToArray<byte>();
    }
}
