using Sharpless.Pretrained;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Pretrained;

/// <summary>One case of tests/golden/pretrained: a checkpoint in a published format, and what PyTorch computes with it in float64.</summary>
internal sealed class GoldenCheckpoint : IDisposable
{
    private readonly ArrayFile _expected;

    internal GoldenCheckpoint(string name) => _expected = ArrayFile.Open(GoldenFiles.PathOf("pretrained", $"{name}.features.npz"));

    internal static IReadOnlyList<string> Names { get; } =
    [
        "vit", "vit-gap", "hybrid-root", "hybrid-stages", "mixer", "vit-timm", "mixer-timm",
        "dinov2-timm", "dinov2-own", "clip-timm", "reg-gap-timm", "reg-all-timm", "mae-timm", "deit3", "big-vision",
    ];

    // With PyTorch's names.
    private static readonly string[] Torch = ["dinov2-own", "deit3"];

    internal static bool HasTorchNames(string name) => name.EndsWith("-timm", StringComparison.Ordinal) || Torch.Contains(name);

    /// <summary>How a case is opened. timm's names do not tell the heads where nothing is normalized over them, and at this width there are not the usual ones.</summary>
    internal static CheckpointOptions OptionsOf(string name) => new()
    {
        Heads = HasTorchNames(name) && name is not ("mixer-timm" or "reg-gap-timm") ? 2 : null, Gelu = name == "clip-timm" ? GeluForm.Quick : null,
    };

    internal static Checkpoint Open(string name) => Checkpoint.Open(PathOf(name), OptionsOf(name));

    internal static string PathOf(string name) => GoldenFiles.PathOf("pretrained", HasTorchNames(name) ? $"{name}.safetensors" : $"{name}.npz");

    internal IEnumerable<string> Keys(string group) => _expected.Select(array => array.Name).Where(key => key.StartsWith(group, StringComparison.Ordinal));

    internal Tensor this[string key] => _expected[key].ToTensor();

    /// <summary>Fails where a number differs by more than the tolerance, relative to the largest one or to 1.</summary>
    internal void RequireClose(string key, Tensor actual, double tolerance, double atLeast = 1)
    {
        double[] expected = this[key].To(ScalarType.Float64).ToArray<double>(), values = actual.To(ScalarType.Float64).ToArray<double>();
        Assert.Equal(expected.Length, values.Length);
        double largest = Math.Max(atLeast, expected.Max(Math.Abs));
        int worst = Enumerable.Range(0, expected.Length).MaxBy(i => double.IsFinite(values[i]) ? Math.Abs(expected[i] - values[i]) : double.PositiveInfinity);
        Assert.True(
            Math.Abs(expected[worst] - values[worst]) <= tolerance * largest,
            $"{key}: the largest difference is at {worst}: {values[worst]}, PyTorch has {expected[worst]}; tolerance {tolerance} of {largest}.");
    }

    public void Dispose() => _expected.Dispose();
}
