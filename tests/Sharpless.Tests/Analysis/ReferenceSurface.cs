using System.Text.Json;
using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

/// <summary>The small network of <c>tests/golden/sharpness/make.py</c> and its examples, in batches of chosen sizes.</summary>
internal sealed class ReferenceSurface : IDisposable
{
    private readonly TensorScope _scope = TensorScope.Begin();
    private readonly TinyNetwork _model = new(seed: 0);
    private readonly Tensor _images;
    private readonly long[] _labels;

    /// <param name="network">"whole" or "masked".</param>
    /// <param name="precision">Type of the point.</param>
    internal ReferenceSurface(string network, Precision precision = Precision.Float32)
    {
        using ArrayFile file = ArrayFile.Open(GoldenFiles.PathOf("sharpness", "network.npz"));
        Dictionary<string, Tensor> tensors = file.ToDictionary(array => array.Name, array => array.ToTensor());
        _images = tensors["images"].Contiguous(MemoryFormat.ChannelsLast);
        _labels = tensors["labels"].ToArray<long>();
        ModuleState.Load(_model, ModuleState.Of(_model).ToDictionary(item => item.Name, item => tensors[item.Name]));
        Weights = new WeightSpace(_model, precision);
        if (network == "masked") Weights.SetMask(tensors.Where(item => item.Key.StartsWith("mask.", StringComparison.Ordinal)).ToDictionary(item => item.Key["mask.".Length..], item => item.Value));
        Expected = JsonDocument.Parse(File.ReadAllText(GoldenFiles.PathOf("sharpness", "expected.json"))).RootElement.GetProperty(network);
    }

    /// <summary>What PyTorch found in float64.</summary>
    internal JsonElement Expected { get; }

    internal WeightSpace Weights { get; }

    internal Module Model => _model;

    /// <summary>All examples, or those from <paramref name="first"/> up to and without <paramref name="end"/>, in batches of the given size.</summary>
    internal LossSurface Surface(int batchSize = 12, int first = 0, int end = 12)
    {
        List<SurfaceBatch> batches = [];
        for (int start = first; start < end; start += batchSize)
        {
            int from = start, count = Math.Min(batchSize, end - start);
            batches.Add(new SurfaceBatch(_labels[from..(from + count)], () => _model.Logits(_images.Narrow(0, from, count))));
        }

        return new LossSurface(_model, Weights, batches);
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
}
