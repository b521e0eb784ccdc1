using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Tests.Contrastive;

/// <summary>Arrays of one file of tests/golden/contrastive.</summary>
internal sealed class Golden(string file) : IDisposable
{
    private readonly ArrayFile _file = ArrayFile.Open(GoldenFiles.PathOf("contrastive", file));

    internal static string Bert => Path.GetDirectoryName(GoldenFiles.PathOf("contrastive", "bert", "config.json"))!;

    internal Tensor this[string name] => _file[name].ToTensor();

    internal IEnumerable<string> Names => _file.Select(array => array.Name);

    public void Dispose() => _file.Dispose();

    /// <summary>Asserts that a tensor is the expected one but for a share of the largest number.</summary>
    internal static void Close(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        double[] theirs = expected.To(ScalarType.Float64).ToArray<double>(), ours = actual.To(ScalarType.Float64).ToArray<double>();
        double largest = theirs.Max(Math.Abs);
        int worst = Enumerable.Range(0, theirs.Length).MaxBy(i => double.IsFinite(ours[i]) ? Math.Abs(theirs[i] - ours[i]) : double.PositiveInfinity);
        double difference = Math.Abs(theirs[worst] - ours[worst]);
        Assert.True(difference <= tolerance * largest, $"{what}: the largest difference is {difference} at {worst}: {ours[worst]}, the reference has {theirs[worst]}; tolerance {tolerance} of {largest}.");
    }
}
