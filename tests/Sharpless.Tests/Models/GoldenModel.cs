using System.Globalization;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;

namespace Sharpless.Tests.Models;

/// <summary>One case of tests/golden/models: the network with the weights of make.py, and what PyTorch computes with them.</summary>
internal sealed class GoldenModel : IDisposable
{
    internal const int Batch = 4;
    private const int ImagePlace = 1000;
    private readonly ArrayFile _file;

    internal GoldenModel(string name)
    {
        string[] parts = name.Split('-');
        int[] sizes = [.. parts[^4..].Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        Name = parts[0];
        Shape = new ModelShape(Channels: sizes[1], Height: sizes[2], ImageWidth: sizes[2], Classes: sizes[3], Width: sizes[0]);
        _file = ArrayFile.Open(GoldenFiles.PathOf("models", $"{name}.npz"));
        Assert.True(BlockActivation.TryParse(parts.Length > 5 ? parts[1] : "relu", out BlockActivation? activation));
        Model = ModelCatalog.Create(Name, Shape, options: new ModelOptions { Activation = activation });
        Fill();
    }

    internal static IEnumerable<string> Names => Directory.EnumerateFiles(Path.GetDirectoryName(GoldenFiles.PathOf("models", "make.py"))!, "*.npz").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!;

    internal string Name { get; }

    internal ModelShape Shape { get; }

    internal Classifier Model { get; }

    /// <summary>Whether the gradients are those of an evaluation pass, because training drops out at random.</summary>
    internal bool IsRandomInTraining => Name == "vit_basic";

    internal Tensor Images()
    {
        double[] u = Hash(Batch * Shape.Channels * Shape.Height * Shape.ImageWidth, ImagePlace);
        return Tensor.From<float>(Array.ConvertAll(u, value => (float)(1.5 * value)), Batch, Shape.Channels, Shape.Height, Shape.ImageWidth);
    }

    internal Tensor Labels() => Tensor.From<long>([.. Enumerable.Range(0, Batch).Select(i => (long)(i * 7 % Shape.Classes))]);

    internal IReadOnlyList<string> Keys(string group) => [.. _file.Select(array => array.Name).Where(key => key.StartsWith(group, StringComparison.Ordinal)).Select(key => key[group.Length..])];

    internal double[] Numbers(string key)
    {
        using var scope = NewDisposeScope();
        return _file[key].ToTensor().To(ScalarType.Float64).ToArray<double>();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The thinning of make.py.</summary>
    internal static double[] Thin(Tensor tensor, int most)
    {
        double[] all = tensor.To(ScalarType.Float64).ToArray<double>();
        int step = Math.Max(1, all.Length / most);
        return [.. all.Where((_, i) => i % step == 0)];
    }

    private void Fill()
    {
        using IDisposable off = no_grad();
        int place = 0;
        foreach ((string name, Tensor tensor) in ModuleState.Of(Model).OrderBy(item => item.Name, StringComparer.Ordinal))
        {
            double offset = 0, scale = 1;
            switch (name.Split('.')[^1])
            {
                case "weight" when tensor.Dimensions > 1: scale = Math.Sqrt(6.0 / (tensor.NumberOfElements / tensor.size(0))); break;
                case "weight" or "running_var": (offset, scale) = (1, 1.0 / 4); break;
                case "bias" or "running_mean": scale = 1.0 / 10; break;
            }

            tensor.copy_(Tensor.From<float>(Array.ConvertAll(Hash((int)tensor.NumberOfElements, place++), value => (float)(offset + (scale * value))), tensor.shape));
        }
    }

    private static double[] Hash(int count, int place)
    {
        var u = new double[count];
        for (uint i = 0; i < count; i++)
        {
            uint h = (i * 0x9E3779B9u) + ((uint)(place + 1) * 0x85EBCA6Bu);
            h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
            h = (h ^ (h >> 13)) * 0xC2B2AE35u;
            u[i] = ((h ^ (h >> 16)) / 2147483648.0) - 1;
        }

        return u;
    }
}
