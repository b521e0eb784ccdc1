using Sharpless.Data;
using Sharpless.Experiments.Sparse;
using Sharpless.Torch.Files;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Experiments.Sparse;

/// <summary>96 and 32 noisy images of 1x8x8 in four classes, as a file and in memory, with options that train on them in no time.</summary>
internal sealed class TinyImages : IDisposable
{
    internal const int Train = 96, Test = 32, Classes = 4;
    private const int Size = 8;

    internal TinyImages()
    {
        var random = new Random(3);
        (byte[] train, byte[] test) = (Draw(random, Train), Draw(random, Test));
        Data = new ImageData("tiny", Set(train), Set(test));
        NpzFile.Write(Path.Combine(Folder, "data.npz"), [Images("x_train", train), Labels("y_train", Train), Images("x_test", test), Labels("y_test", Test)]);
    }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("sharpless sparse ").FullName;

    internal ImageData Data { get; }

    internal SparseExerciseOptions Options => new()
    {
        DataSet = $"npz:{Path.Combine(Folder, "data.npz")}", DataFraction = 0.5, Width = 4, BatchSize = 16, Epochs = 2, FinetuneEpochs = 2, Seeds = 2, LearningRate = 0.2, Precision = Precision.Float32, Directions = 20,
    };

    internal TrainPlace Place(string run, bool resumes = false) => new() { Folder = Path.Combine(Folder, run), Resumes = resumes };

    internal SparseLab Lab(SparseOptions options) => new(options, Data, CPU, Directory.CreateDirectory(Path.Combine(Folder, "dense")).FullName, new SparseWork(null, CancellationToken.None));

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static byte[] Draw(Random random, int count)
    {
        byte[] pixels = new byte[count * Size * Size];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)((40 * (i / (Size * Size) % Classes)) + random.Next(120));
        return pixels;
    }

    private static ImageSet Set(byte[] pixels) =>
        new(new ImageShape(1, Size, Size), pixels, [.. Enumerable.Range(0, pixels.Length / (Size * Size)).Select(i => i % Classes)], Classes);

    private static ArrayEntry Images(string name, byte[] pixels) => new(name, ScalarType.Byte, [pixels.Length / (Size * Size), 1, Size, Size], pixels);

    private static ArrayEntry Labels(string name, int count) => new(name, [count], Enumerable.Range(0, count).Select(i => (long)(i % Classes)).ToArray());
}
