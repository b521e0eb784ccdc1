using System.Runtime.InteropServices;
using Sharpless.Tests.Data;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>A folder with 48 and 16 images of 1x8x8 in three classes, and a training on them: six steps an epoch.</summary>
internal sealed class TinyData : IDisposable
{
    internal const int StepsPerEpoch = 6;

    private const int Pixels = 8 * 8;
    private readonly TemporaryFolder _folder = new();

    internal TinyData()
    {
        var random = new Random(1);
        NpzFile.Write(this["data.npz"], [.. Draw("train", 48), .. Draw("test", 16)]);

        ArrayEntry[] Draw(string part, int count)
        {
            long[] labels = [.. Enumerable.Range(0, count).Select(i => (long)(i % 3))];
            byte[] images = [.. Enumerable.Range(0, count * Pixels).Select(i => (byte)((50 * labels[i / Pixels]) + random.Next(100)))];
            return
            [
                new ArrayEntry($"x_{part}", ScalarType.Byte, [count, 1, 8, 8], images),
                new ArrayEntry($"y_{part}", ScalarType.Int64, [count], stream => stream.Write(MemoryMarshal.AsBytes(labels.AsSpan()))),
            ];
        }
    }

    internal string this[string name] => Path.Combine(_folder.Path, name);

    internal TrainOptions Options => new()
    {
        DataSet = $"npz:{this["data.npz"]}", Model = "classifier", ModelWidth = 4, Epochs = 4, BatchSize = 8, MaximumLearningRate = 0.05, WeightDecay = 1e-3, SamRho = 0.05, EvaluationPeriod = 12,
    };

    public void Dispose() => _folder.Dispose();
}
