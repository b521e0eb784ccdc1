using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

/// <summary>The small networks of <c>tests/golden/sharpness</c> and their examples, in batches of chosen sizes.</summary>
internal sealed class ReferenceSurface : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Func<Tensor, Tensor> _logits;
    private readonly string _network;
    private readonly Tensor _images;
    private readonly long[] _labels;

    /// <param name="network">"whole", "masked" or "tanh".</param>
    /// <param name="precision">Type of the point.</param>
    internal ReferenceSurface(string network, Precision precision = Precision.Float32)
    {
        using ArrayFile file = ArrayFile.Open(GoldenFiles.PathOf("sharpness", network == "tanh" ? "tanh.npz" : "network.npz"));
        Dictionary<string, Tensor> tensors = file.ToDictionary(array => array.Name, array => array.ToTensor());
        _network = network;
        _images = tensors["images"].Contiguous(memory_format.channels_last);
        _labels = tensors["labels"].ToArray<long>();
        (Model, _logits) = New(network);
        ModuleState.Load(Model, ModuleState.Of(Model).ToDictionary(item => item.Name, item => tensors[item.Name]));
        Weights = new WeightSpace(Model, precision);
        if (network == "masked") Weights.SetMask(tensors.Where(item => item.Key.StartsWith("mask.", StringComparison.Ordinal)).ToDictionary(item => item.Key["mask.".Length..], item => item.Value));
    }

    /// <summary>What <c>make.py</c> found in float64; not for "tanh".</summary>
    internal JsonElement Expected => JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("sharpness", "expected.json"))).RootElement.GetProperty(_network);

    internal WeightSpace Weights { get; }

    internal nn.Module Model { get; }

    /// <summary>
    /// All examples, or those from <paramref name="first"/> up to and without <paramref name="end"/>, in batches of the given size; before each
    /// forward pass of a batch, <paramref name="visited"/> is told.
    /// </summary>
    internal LossSurface Surface(int batchSize = 12, int first = 0, int? end = null, Action? visited = null)
    {
        List<SurfaceBatch> batches = [];
        int last = end ?? _labels.Length;
        for (int start = first; start < last; start += batchSize)
        {
            int from = start, count = Math.Min(batchSize, last - start);
            batches.Add(new SurfaceBatch(_labels[from..(from + count)], () =>
            {
                visited?.Invoke();
                return _logits(_images.narrow(0, from, count));
            }));
        }

        return new LossSurface(Model, Weights, batches);
    }

    /// <summary>The bits of the master weights and of the point.</summary>
    internal uint[][] Bits() =>
    [
        .. Weights.Segments.SelectMany(segment => new[] { segment.Master, segment.Point })
            .Select(vector => Array.ConvertAll(vector.To(ScalarType.Float32).ToArray<float>(), BitConverter.SingleToUInt32Bits)),
    ];

    public void Dispose()
    {
        Weights.Dispose();
        _scope.Dispose();
    }

    private static (nn.Module, Func<Tensor, Tensor>) New(string network)
    {
        if (network == "tanh")
        {
            var tanh = new TanhNetwork();
            return (tanh, tanh.Logits);
        }

        var tiny = new TinyNetwork(seed: 0);
        return (tiny, tiny.Logits);
    }

    // Four linear layers with tanh between them.
    private sealed class TanhNetwork : Block
    {
        private readonly Linear[] _layers;

        internal TanhNetwork() => _layers = [.. new[] { (50, 16), (16, 16), (16, 16), (16, 3) }.Select((sizes, i) => this.Register($"layer{i}", new Linear(sizes.Item1, sizes.Item2)))];

        internal Tensor Logits(Tensor images)
        {
            Tensor hidden = _layers[0].forward(images.flatten(1));
            return _layers[1..].Aggregate(hidden, (input, layer) => layer.forward(input.tanh()));
        }
    }
}
