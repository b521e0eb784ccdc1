using Sharpless.Data;

namespace Sharpless.Tests.Data;

public class LabelNoiseTests
{
    private const int Count = 20_000;

    [Fact]
    public void Symmetric_noise_gives_the_chosen_share_a_uniform_label_of_the_other_classes()
    {
        ImageSet clean = Set(10);
        (ImageSet noisy, bool[] isNoisy) = new LabelNoise(0.30004, LabelNoiseKind.Symmetric).Apply("any", clean, seed: 3);
        Assert.Equal(6_000, isNoisy.Count(flag => flag));                         // int(0.30004 * 20,000)
        var steps = new int[10];
        for (int i = 0; i < Count; i++)
        {
            if (isNoisy[i]) steps[(noisy.Labels[i] - clean.Labels[i] + 10) % 10]++;
            else Assert.Equal(clean.Labels[i], noisy.Labels[i]);
        }

        Assert.Equal(0, steps[0]);
        // 9 steps, 667 expected of each: chi-squared with 8 degrees of freedom exceeds 30 with probability 0.0002.
        double expected = 6_000 / 9.0;
        Assert.True(steps.Skip(1).Sum(count => (count - expected) * (count - expected) / expected) < 30, string.Join(", ", steps));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => i % 10), clean.Labels);
    }

    [Fact]
    public void Asymmetric_noise_mistakes_the_classes_of_the_published_table()
    {
        (ImageSet noisy, bool[] isNoisy) = new LabelNoise(1, LabelNoiseKind.Asymmetric).Apply("cifar10", Set(10), seed: 3);
        Assert.All(isNoisy, Assert.True);
        Assert.Equal([0, 1, 0, 5, 7, 3, 6, 7, 8, 1], noisy.Labels.Take(10));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 0], new LabelNoise(1, LabelNoiseKind.Asymmetric).Apply("svhn", Set(10), 3).Set.Labels.Take(10));
        Assert.Equal(0, new LabelNoise(1, LabelNoiseKind.Asymmetric).Apply("cifar100", Set(100), 3).Set.Labels[99]);
        Assert.Contains("mnist", Assert.Throws<UsageException>(() => new LabelNoise(1, LabelNoiseKind.Asymmetric).Apply("mnist", Set(10), 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_noise_is_a_function_of_the_seed()
    {
        var noise = new LabelNoise(0.2, LabelNoiseKind.Symmetric);
        Assert.Equal(noise.Apply("any", Set(10), 3).Set.Labels, noise.Apply("any", Set(10), 3).Set.Labels);
        Assert.NotEqual(noise.Apply("any", Set(10), 3).Set.Labels, noise.Apply("any", Set(10), 4).Set.Labels);
    }

    private static ImageSet Set(int classes) => new(new ImageShape(1, 1, 1), new byte[Count], [.. Enumerable.Range(0, Count).Select(i => i % classes)], classes);
}
