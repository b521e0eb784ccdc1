using System.Runtime.InteropServices;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Training;

/// <summary>A folder with a data set of 96 and 32 images of 3x8x8 in four classes, and short training runs on it.</summary>
public sealed class TinyTraining : IDisposable
{
    /// <summary>Steps of <see cref="Short"/>.</summary>
    internal const int Steps = 24;

    private const int Pixels = 3 * 8 * 8;

    public TinyTraining() => Data = WriteData("data", 96);

    internal string Folder { get; } = Directory.CreateTempSubdirectory("sharpless training ").FullName;

    internal string Data { get; }

    internal string this[string name] => Path.Combine(Folder, name);

    /// <summary>Six steps an epoch, evaluated every third, saved after each: whatever can be interrupted happens often.</summary>
    /// <param name="run">Name of the run's folder.</param>
    /// <param name="more">Further options; one that is here already takes its place.</param>
    internal string[] Short(string run, params string[] more)
    {
        (string Name, string Value)[] options =
        [
            ("--dataset", $"npz:{Data}"), ("--model", "classifier"), ("--model-width", "8"), ("--epochs", "4"), ("--batch-size", "16"), ("--sam-rho", "0.1"),
            ("--eval-iter-freq", "3"), ("--checkpoint-every", "1"), ("--n-analysis", "64"), ("--threads", "1"), ("--out", this[run]),
        ];
        return ["train", "--compute-feature-rank", .. options.Where(option => !more.Contains(option.Name)).SelectMany(option => new[] { option.Name, option.Value }), .. more];
    }

    /// <summary>The same without what evaluations measure beyond losses and errors.</summary>
    /// <inheritdoc cref="Short"/>
    internal string[] Quick(string run, params string[] more)
    {
        List<string> command = [.. Short(run, more)];
        command.Remove("--compute-feature-rank");
        command.RemoveRange(command.IndexOf("--n-analysis"), 2);
        return [.. command];
    }

    /// <summary>Writes a data set whose images are noise, from 0 to <paramref name="noise"/> of 255, above a brightness that tells the class.</summary>
    internal string WriteData(string name, int training, int noise = 100)
    {
        string path = this[$"{name}.npz"];
        var random = new Random(1);
        (byte[] trainImages, long[] trainLabels) = Draw(random, training, noise);
        (byte[] testImages, long[] testLabels) = Draw(random, 32, noise);
        NpzFile.Write(path,
        [
            Images("x_train", trainImages), Labels("y_train", trainLabels), Images("x_test", testImages), Labels("y_test", testLabels),
        ]);
        return path;
    }

    /// <summary>The files of a run by their path in it, sorted; the time of start is taken out of the event file's name.</summary>
    internal string[] Files(string run) =>
    [
        .. Directory.EnumerateFiles(this[run], "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(this[run], file))
            .Select(file => file.StartsWith("events.", StringComparison.Ordinal) ? "events" : file)
            .Order(StringComparer.Ordinal),
    ];

    internal string EventFile(string run) => Assert.Single(Directory.GetFiles(this[run], "events.out.tfevents.*"));

    /// <summary>Both runs hold the same files; weights, metrics and spectra are the same bytes.</summary>
    internal void AssertSame(string expected, string actual, string message)
    {
        Assert.True(Files(expected).SequenceEqual(Files(actual)), $"{message}: files {string.Join(' ', Files(actual))}, not {string.Join(' ', Files(expected))}");
        foreach (string file in Files(expected).Where(file => file is "weights.safetensors" or "metrics.csv" or "config.json" || file.StartsWith("spectra", StringComparison.Ordinal)))
        {
            byte[] there = File.ReadAllBytes(Path.Combine(this[expected], file)), here = File.ReadAllBytes(Path.Combine(this[actual], file));
            Assert.True(there.AsSpan().SequenceEqual(here), $"{message}: {file} differs, first at byte {there.AsSpan().CommonPrefixLength(here)} of {there.Length}");
        }
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static (byte[] Images, long[] Labels) Draw(Random random, int count, int noise)
    {
        long[] labels = [.. Enumerable.Range(0, count).Select(i => (long)(i % 4))];
        byte[] images = new byte[count * Pixels];
        for (int i = 0; i < images.Length; i++) images[i] = (byte)((40 * labels[i / Pixels]) + random.Next(noise));
        return (images, labels);
    }

    private static ArrayEntry Images(string name, byte[] pixels) =>
        new(name, ScalarType.Byte, [pixels.Length / Pixels, 3, 8, 8], stream => stream.Write(pixels));

    private static ArrayEntry Labels(string name, long[] labels) =>
        new(name, ScalarType.Int64, [labels.Length], stream => stream.Write(MemoryMarshal.AsBytes(labels.AsSpan())));
}
