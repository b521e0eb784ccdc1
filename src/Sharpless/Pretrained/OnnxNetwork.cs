using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Sharpless.Torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Sharpless.Pretrained;

/// <summary>A network in an ONNX file, run by ONNX Runtime, read at any of its nodes.</summary>
/// <remarks>Nothing in the file is executed but operators that ONNX Runtime knows. Weights that the file keeps in files beside it are read from its folder.</remarks>
public sealed class OnnxNetwork : IForeignNetwork
{
    // What a protocol buffer, and an array of bytes, can hold.
    private const long LargestFile = int.MaxValue - 64;

    private readonly InferenceSession _session;
    private readonly string _input;
    private readonly IReadOnlyList<string> _values;
    private readonly int _batch;

    private OnnxNetwork(InferenceSession session, string input, IReadOnlyList<string> taps, IReadOnlyList<string> values, int batch, int? imageSize)
    {
        (_session, _input, _values, _batch) = (session, input, values, batch);
        (Taps, ImageSize) = (taps, imageSize);
    }

    /// <inheritdoc/>
    public string Kind => "onnx";

    /// <inheritdoc/>
    public IReadOnlyList<string> Taps { get; }

    /// <inheritdoc/>
    public int? ImageSize { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="nodes">Nodes or values by name; none for the outputs of the whole.</param>
    /// <param name="threads">Threads to compute with.</param>
    /// <exception cref="UsageException">No such file, no ONNX, a name that is not in it, or no network of images; the text says which.</exception>
    public static OnnxNetwork Load(string path, IReadOnlyList<string> nodes, int threads)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var file = new FileInfo(path);
        if (!file.Exists) throw new UsageException($"There is no ONNX file '{path}'.", "Name a file that is there.");
        if (file.Length > LargestFile)
            throw new UsageException($"'{path}' has {file.Length} bytes; at most {LargestFile} can be read.", "Save it with its weights in files of their own (external data).");
        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            OnnxGraph graph = OnnxGraph.Read(bytes);
            string[] taps = nodes.Count > 0 ? [.. nodes] : [.. graph.Outputs];
            string[] values = Array.ConvertAll(taps, graph.ValueOf);
            using var options = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(file.FullName)!);
            var session = new InferenceSession(graph.WithOutputs(values), options);
            try
            {
                (string input, int batch, int? side) = InputOf(session, path);
                return new OnnxNetwork(session, input, taps, values, batch, side);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (InvalidDataException error)
        {
            throw new UsageException($"'{path}': {error.Message}", "Name a file that torch.onnx.export or another exporter wrote.", error);
        }
        catch (OnnxRuntimeException error)
        {
            throw new UsageException($"'{path}' cannot be run by ONNX Runtime: {error.Message}", "Check it with the tool that wrote it.", error);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="FailureException">ONNX Runtime fails, or a value is none that can be measured.</exception>
    public IReadOnlyList<Tensor> Run(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        long count = images.size(0);
        // A file for batches of one size gets batches of that size; what is missing in the last one is filled up and dropped.
        long step = _batch > 0 ? _batch : count;
        var parts = new List<Tensor>[_values.Count];
        for (int i = 0; i < parts.Length; i++) parts[i] = [];
        for (long begin = 0; begin < count; begin += step)
        {
            long length = Math.Min(step, count - begin);
            Tensor batch = images.narrow(0, begin, length);
            if (length < step) batch = cat([batch, zeros([step - length, .. images.shape[1..]])], 0);
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = RunOne(batch);
            foreach ((int i, DisposableNamedOnnxValue output) in outputs.Index())
            {
                Tensor value = Copied(output, Taps[i]);
                parts[i].Add(length < step && value.Dimensions > 0 && value.size(0) == step ? value.narrow(0, 0, length) : value);
            }
        }

        return [.. parts.Select(part => part.Count == 1 ? part[0] : cat([.. part], 0))];
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _session.Dispose();

    private IDisposableReadOnlyCollection<DisposableNamedOnnxValue> RunOne(Tensor images)
    {
        int[] shape = Array.ConvertAll(images.shape, size => (int)size);
        try
        {
            return _session.Run([NamedOnnxValue.CreateFromTensor(_input, new DenseTensor<float>(images.ToArray<float>(), shape))], _values);
        }
        catch (OnnxRuntimeException error)
        {
            throw new FailureException($"ONNX Runtime cannot run the network on images {images.Text}: {error.Message}", "Another --image-size may fit.", error);
        }
    }

    private static Tensor Copied(DisposableNamedOnnxValue output, string tap)
    {
        switch (output.Value)
        {
            case Tensor<float> values:
                return Tensor.From<float>(values.ToArray(), Sizes(values.Dimensions));
            case Tensor<Float16> halves:
                return Tensor.From<float>(Array.ConvertAll(halves.ToArray(), half => (float)half), Sizes(halves.Dimensions));
            case Tensor<double> doubles:
                return Tensor.From<float>(Array.ConvertAll(doubles.ToArray(), value => (float)value), Sizes(doubles.Dimensions));
            default:
                throw new FailureException($"At '{tap}' the network gives {output.ElementType}, not real numbers.", "Name other nodes with --nodes.");
        }

        static long[] Sizes(ReadOnlySpan<int> dimensions)
        {
            var sizes = new long[dimensions.Length];
            for (int i = 0; i < sizes.Length; i++) sizes[i] = dimensions[i];
            return sizes;
        }
    }

    private static (string Name, int Batch, int? Side) InputOf(InferenceSession session, string path)
    {
        string text = string.Join(", ", session.InputMetadata.Select(item => $"'{item.Key}' [{string.Join(", ", item.Value.Dimensions)}] {item.Value.ElementType.Name}"));
        if (session.InputMetadata.Count != 1 || session.InputMetadata.First() is not { Value: { IsTensor: true, Dimensions: [int batch, 3 or < 0, int height, int width] } metadata } input
            || metadata.ElementType != typeof(float) || height != width)
        {
            throw new UsageException($"'{path}' takes {text}; only networks with one input of square images [B, 3, R, R] of float32 can be measured.", "Export it with such an input.");
        }

        return (input.Key, Math.Max(0, batch), height > 0 ? height : null);
    }
}
