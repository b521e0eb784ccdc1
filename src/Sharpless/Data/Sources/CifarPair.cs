namespace Sharpless.Data.Sources;

/// <summary>Two classes of CIFAR-10, renumbered to 0 and 1, for experiments on binary classification: 10,000 and 2,000 pictures.</summary>
/// <param name="name">As on the command line.</param>
/// <param name="description">What it shows.</param>
/// <param name="first">Label in CIFAR-10 of class 0.</param>
/// <param name="second">Label in CIFAR-10 of class 1.</param>
/// <param name="whole">CIFAR-10; tests put another in its place.</param>
internal sealed class CifarPair(string name, string description, int first, int second, CifarSet whole) : KnownImages
{
    /// <summary>Horses (0) and automobiles (1).</summary>
    public static CifarPair HorseCar { get; } = new("cifar10_horse_car", "horses and automobiles of CIFAR-10", 7, 1, CifarSet.Cifar10);

    /// <summary>Dogs (0) and cats (1).</summary>
    public static CifarPair DogCat { get; } = new("cifar10_dog_cat", "dogs and cats of CIFAR-10", 5, 3, CifarSet.Cifar10);

    public override string Name => name;

    public override string Description => description;

    public override ImageShape Shape => whole.Shape;

    public override int Classes => 2;

    public override int TrainCount => whole.TrainCount / whole.Classes * 2;

    public override int TestCount => whole.TestCount / whole.Classes * 2;

    public override string Licence => whole.Licence;

    public override string Origin => whole.Origin;

    public override Normalization? OwnNormalization => whole.OwnNormalization;

    public override string? Locate(string dataFolder) => whole.Locate(dataFolder);

    public override IReadOnlyList<FileCheck> Verify(string dataFolder) => whole.Verify(dataFolder);

    public override string Get(string dataFolder, IProgress<string>? progress = null, CancellationToken cancel = default) => whole.Get(dataFolder, progress, cancel);

    public override string Take(string dataFolder, IReadOnlyList<string> files, IProgress<string>? progress = null, CancellationToken cancel = default) =>
        whole.Take(dataFolder, files, progress, cancel);

    public override ImageData Load(string dataFolder)
    {
        ImageData data = whole.Load(dataFolder);
        return data with { Name = name, Train = Chosen(data.Train), Test = Chosen(data.Test) };
    }

    private ImageSet Chosen(ImageSet images)
    {
        int[] chosen = [.. Enumerable.Range(0, images.Count).Where(i => images.Labels[i] == first || images.Labels[i] == second)];
        if (chosen.Length == 0) throw new UsageException($"{whole.Name} holds no pictures of {description}.", $"Compare it with the published file: sharpless data verify {whole.Name}");
        int size = images.Shape.Size;
        var pixels = new byte[chosen.Length * size];
        for (int place = 0; place < chosen.Length; place++) images.Bytes.AsSpan(chosen[place] * size, size).CopyTo(pixels.AsSpan(place * size));
        return new ImageSet(images.Shape, pixels, Array.ConvertAll(chosen, i => images.Labels[i] == first ? 0 : 1), 2, images.Normalization);
    }
}
