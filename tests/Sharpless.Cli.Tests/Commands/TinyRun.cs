using Sharpless.Cli.Hosting;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Cli.Tests.Commands;

/// <summary>A run of one epoch on a handful of random images, trained by the program once for all tests of a class.</summary>
public sealed class TinyRun : IDisposable
{
    internal const int TrainExamples = 48;
    private const int Size = 8;
    private readonly string _root = Directory.CreateTempSubdirectory("sharpless-test-").FullName;

    public TinyRun()
    {
        string data = Path.Combine(_root, "data.npz");
        var random = new Random(1);
        NpzFile.Write(data, [.. Set("train", TrainExamples, random), .. Set("test", 24, random)]);
        (int code, _, string errors) = Invoke(
            "train", "--dataset", "npz:" + data, "--model", "classifier", "--model-width", "16", "--epochs", "1", "--batch-size", "16", "--lr-max", "0.01",
            "--compute-feature-rank", "--out", Folder);
        Assert.True(code == 0, errors);
    }

    /// <summary>The run.</summary>
    internal string Folder => Path.Combine(_root, "run");

    /// <summary>A path for a file that a test writes.</summary>
    internal string NewPath(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(_root, Path.GetRandomFileName())).FullName, name);

    /// <summary>The program, from its arguments to its exit code.</summary>
    internal static (int Code, string Output, string Errors) Invoke(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLineHost.RunAsync(arguments, output, errors).GetAwaiter().GetResult();
        return (code, output.ToString(), errors.ToString());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static IEnumerable<ArrayEntry> Set(string name, int examples, Random random)
    {
        var pixels = new byte[examples * Size * Size];
        random.NextBytes(pixels);
        yield return new ArrayEntry($"x_{name}", ScalarType.Byte, [examples, 1, Size, Size], pixels);
        yield return new ArrayEntry($"y_{name}", [examples], Enumerable.Range(0, examples).Select(i => i % 3L).ToArray());
    }
}
