using System.IO.Compression;
using Sharpless.Models;
using Sharpless.Pruning;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>What a network takes: bytes on disk, multiply-adds for an image, seconds for a batch.</summary>
public sealed record NetworkCost
{
    /// <summary>Bytes of its safetensors file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of that file behind gzip, for comparison.</summary>
    public required long GzipBytes { get; init; }

    /// <summary>Bytes of its packed file (<see cref="PackedWeights"/>); that of the plain one where nothing is pruned.</summary>
    public required long PackedBytes { get; init; }

    /// <summary>Multiply-adds for one image, with every weight.</summary>
    public required long MultiplyAdds { get; init; }

    /// <summary>Multiply-adds for one image, with the weights that are not 0.</summary>
    public required long LiveMultiplyAdds { get; init; }

    /// <summary>Time of a batch, measured.</summary>
    public required InferenceTime SecondsPerBatch { get; init; }

    /// <summary>Measures several forms of a network; their forward passes take turns.</summary>
    /// <param name="form">What they are built as.</param>
    /// <param name="networks">Dense, pruned, shrunk, ...: borrowed.</param>
    /// <param name="batchSize">Images in a batch: noise, for their content does not change the time.</param>
    /// <param name="passes">Timed passes of each.</param>
    /// <param name="precision">Type of the point.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cancel">Stops after the pass under way.</param>
    /// <returns>In the order of <paramref name="networks"/>.</returns>
    public static IReadOnlyList<NetworkCost> Measure(
        NetworkForm form, IReadOnlyList<StoredWeights> networks, int batchSize, int passes, Precision precision, Device device, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(networks);
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(0);
        long[] image = [form.Shape.Channels, form.Shape.Height, form.Shape.ImageWidth];
        Tensor noise = Tensor.Empty([batchSize, .. image]);
        noise.normal_(0, 1, generator);
        Tensor images = noise.To(precision.ImageType()).To(device).Contiguous(precision.Layout());
        List<WeightSpace> spaces = [];
        try
        {
            List<Classifier> models = [];
            foreach (StoredWeights network in networks)
            {
                models.Add(form.Build(network.Tensors));
                spaces.Add(new WeightSpace(models[^1], precision, device));
            }

            IReadOnlyList<InferenceTime> times = InferenceTime.Measure(models, images, passes, cancel);
            return [.. networks.Select((network, i) =>
            {
                IReadOnlyList<LayerMultiplyAdds> layers = Pruning.MultiplyAdds.Count(models[i], image);
                ArrayEntry[] entries = [.. network.Tensors.Select(item => TensorFiles.Entry(item.Key, item.Value))];
                return new NetworkCost
                {
                    Bytes = Size(stream => SafetensorsFile.Write(stream, entries, network.Metadata)),
                    GzipBytes = Size(stream =>
                    {
                        using var gzip = new GZipStream(stream, CompressionLevel.Optimal);
                        SafetensorsFile.Write(gzip, entries, network.Metadata);
                    }),
                    PackedBytes = Size(stream => PackedWeights.Write(stream, network)),
                    MultiplyAdds = layers.Sum(layer => layer.Dense),
                    LiveMultiplyAdds = layers.Sum(layer => layer.Live),
                    SecondsPerBatch = times[i],
                };
            })];
        }
        finally
        {
            foreach (WeightSpace space in spaces) space.Dispose();
        }
    }

    private static long Size(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        return stream.ToArray().LongLength;                                      // also where gzip closed the stream
    }
}
