using Microsoft.ML.OnnxRuntime;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pretrained;

/// <summary>A network in an ONNX file, run by ONNX Runtime, read at any of its nodes.</summary>
/// <remarks>
/// Only the part of the network that leads to these nodes is loaded and run: operators that ONNX Runtime does not know
/// and inputs other than the images do not matter elsewhere. Weights that the file keeps in files of their own are read
/// from its folder and from nowhere else.
/// </remarks>
public sealed class OnnxNetwork : IForeignNetwork
{
    // What a protocol buffer, and an array of bytes, can hold.
    private const long LargestFile = int.MaxValue - 64;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly OnnxInput _input;
    private readonly string[] _values;
    private readonly string[] _distinct;

    private OnnxNetwork(InferenceSession session, OnnxInput input, IReadOnlyList<string> taps, string[] values)
    {
        (_session, _input, Taps, _values) = (session, input, taps, values);
        _distinct = [.. values.Distinct()];
    }

    /// <inheritdoc/>
    public string Kind => "onnx";

    /// <inheritdoc/>
    public IReadOnlyList<string> Taps { get; }

    /// <inheritdoc/>
    public int? ImageHeight => _input.Height;

    /// <inheritdoc/>
    public int? ImageWidth => _input.Width;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="nodes">Nodes or values by name, each once; none for the outputs of the whole.</param>
    /// <param name="threads">Threads to compute with.</param>
    /// <exception cref="UsageException">No such file, no ONNX, a name that is not in it, or no network of images; the text says which.</exception>
    public static OnnxNetwork Load(string path, IReadOnlyList<string> nodes, int threads)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        OnnxGraph graph = Read(path);
        string[] taps = nodes.Count > 0 ? [.. nodes] : [.. graph.Outputs];
        if (taps.GroupBy(tap => tap).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"'{twice.Key}' is named twice.", "Name it once.");
        string[] values = Array.ConvertAll(taps, graph.ValueOf);
        try
        {
            InferenceSession session = Start(path, graph.Cut(values.Distinct().ToArray()), threads);
            try
            {
                return new OnnxNetwork(session, OnnxInput.Of(session), taps, values);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (InvalidDataException error)
        {
            throw new UsageException($"'{path}': {error.Message}",
                "Export it with such an input, or measure other nodes of it.", error);
        }
        catch (OnnxRuntimeException error)
        {
            throw new UsageException(
                $"'{path}' cannot be run by ONNX Runtime: {Text(error)}",
                error.Message.Contains("opset", StringComparison.OrdinalIgnoreCase)
                    ? "Export it for an older version of ONNX (opset_version)."
                : IsUnknownOperator(error) ? "Nodes before the operator that it does not know can be measured."
                : "Check it with the tool that wrote it.",
                error);
        }
    }

    /// <summary>
    /// The nodes of a file that depend on what is put into it, in its order: name, operator and first value of each.
    /// </summary>
    /// <param name="path">The ONNX file.</param>
    /// <exception cref="UsageException">No such file, or no ONNX.</exception>
    public static IReadOnlyList<(string Node, string Operator, string Value)> Nodes(string path) =>
        [.. Read(path).Nodes.Select(node => (node.Name, node.Operator, node.Outputs[0]))];

    /// <inheritdoc/>
    /// <exception cref="UsageException">The network takes bytes, and these are none.</exception>
    /// <exception cref="FailureException">ONNX Runtime fails, or a value is none that can be measured.</exception>
    public IReadOnlyList<Tensor> Run(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        long[] shape = images.shape;
        float[] pixels = images.ToArray<float>();
        long count = shape[0], image = pixels.Length / Math.Max(1, count);
        // A file for batches of one size gets batches of that size; what is missing in the last one is filled up and dropped.
        long step = _input.Batch ?? count;
        OnnxRows[] rows = Array.ConvertAll(_values, _ => new OnnxRows(count));
        for (long begin = 0; begin < count; begin += step)
        {
            int given = (int)Math.Min(step, count - begin);
            var batch = new float[step * image];
            pixels.AsSpan((int)(begin * image), (int)(given * image)).CopyTo(batch);
            using OrtValue input = _input.Value(batch, (step, shape[2], shape[3]));
            using IDisposableReadOnlyCollection<OrtValue> outputs = RunOne(input, images);
            for (int i = 0; i < rows.Length; i++)
                rows[i].Add(outputs[Array.IndexOf(_distinct, _values[i])], step, given, Taps[i]);
        }

        return Array.ConvertAll(rows, item => item.ToTensor());
    }

    /// <summary>Frees the network.</summary>
    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }

    // The names in a file whose weights can be read.
    private static OnnxGraph Read(string path)
    {
        try
        {
            if (File.Exists(path) && new FileInfo(path).Length is var length and > LargestFile)
            {
                throw new UsageException(
                    $"'{path}' has {length} bytes; an ONNX file has at most {LargestFile}.",
                        "Export it with its weights in files of their own (external data).");
            }

            OnnxGraph graph = OnnxGraph.Read(InputFile.ReadAllBytes(path));
            OnnxExternalData.Require(graph.ExternalData, FolderOf(path));
            return graph;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"There is no ONNX file '{path}'.", "Name a file that is there.", error);
        }
        catch (InvalidDataException error)
        {
            string message = error.Message.StartsWith(path, StringComparison.Ordinal)
                ? error.Message : $"'{path}': {error.Message}";
            throw new UsageException(message,
                "Name a file that torch.onnx.export or another exporter wrote, with all files that it wrote beside it.",
                error);
        }
    }

    private static InferenceSession Start(string path, byte[] model, int threads)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL
        };
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", FolderOf(path));
        return new InferenceSession(model, options);
    }

    private IDisposableReadOnlyCollection<OrtValue> RunOne(OrtValue input, Tensor images)
    {
        try
        {
            return _session.Run(_runOptions, _input.Names, [input], _distinct);
        }
        catch (OnnxRuntimeException error)
        {
            throw new FailureException(
                $"ONNX Runtime cannot run the network on images {images.Text}: {Text(error)}",
                    "Images of another size may fit; many networks take multiples of 32.", error);
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private static bool IsUnknownOperator(OnnxRuntimeException error) =>
        error.Message.Contains("No Op registered for", StringComparison.Ordinal)
            || error.Message.Contains("is not a registered", StringComparison.Ordinal);

    // "[ErrorCode:Fail] ..." over several lines.
    private static string Text(OnnxRuntimeException error)
    {
        string text = error.Message[(error.Message.IndexOf(']', StringComparison.Ordinal) + 1)..];
        return string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
