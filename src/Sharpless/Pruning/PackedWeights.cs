using System.Text.Json;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Pruning;

/// <summary>
/// Weights of a sparse network in a file of about the size of its live weights: of each pruned tensor one bit for every weight, and the values of
/// those that are live. It loads back to the same bits, and brings its mask along.
/// </summary>
/// <remarks>
/// A safetensors file, so that any reader of that format gets at the parts. A pruned tensor NAME of n weights becomes <c>NAME.live_bits</c>, U8
/// [ceil(n / 8)]: weight i, counted row-major, is live where bit i % 8 (0 the lowest) of byte i / 8 is set, as <c>numpy.packbits(live,
/// bitorder="little")</c> writes it, unused bits 0; and <c>NAME.live_values</c>, [number of live weights] of the tensor's own type, in the same order. Other
/// tensors are stored as they are. The metadata key <c>sharpless.packed</c> holds <c>{"format":1,"shapes":{"NAME":[...]}}</c>.
/// </remarks>
public static class PackedWeights
{
    private const string Key = "sharpless.packed";
    private const int Format = 1;
    private const string BitsEnding = ".live_bits", ValuesEnding = ".live_values";

    internal const string Rewrite = "The file is damaged or was made by hand; pack the weights again.";

    /// <summary>Whether a file holds packed weights. No tensor is read.</summary>
    public static bool Is(ArrayFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Metadata.ContainsKey(Key);
    }

    /// <summary>Writes weights packed; the file appears whole or not at all.</summary>
    /// <param name="path">Conventionally ends in .safetensors.</param>
    /// <param name="weights">What to write, borrowed. Pruned weights must be 0.</param>
    /// <exception cref="ArgumentException">
    /// A mask without its tensor, of another shape or type; a pruned weight that is not 0, which would be lost; or a name that the parts of another tensor take.
    /// </exception>
    public static void Write(string path, StoredWeights weights) => AtomicFile.Write(path, stream => Write(stream, weights));

    /// <inheritdoc cref="Write(string, StoredWeights)"/>
    public static void Write(Stream stream, StoredWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Metadata.ContainsKey(Key)) throw new ArgumentException($"The metadata key '{Key}' says that these weights are packed already.", nameof(weights));
        RequireFits(weights);
        List<ArrayEntry> entries = [];
        foreach ((string name, Tensor tensor) in weights.Tensors)
        {
            // An empty tensor has nothing to prune.
            if (!weights.Live.TryGetValue(name, out Tensor? live) || live.NumberOfElements == 0)
            {
                entries.Add(TensorFiles.Entry(name, tensor));
                continue;
            }

            byte[] mask = live.ToArray<byte>();
            byte[] values = LiveBits.Values(tensor, mask) ?? throw new ArgumentException($"'{name}' has a pruned weight that is not 0 (or is -0); packing would lose it. Set pruned weights to 0 first.", nameof(weights));
            byte[] bits = LiveBits.Pack(mask);
            entries.Add(new ArrayEntry(name + BitsEnding, ScalarType.Byte, [bits.Length], bits));
            entries.Add(new ArrayEntry(name + ValuesEnding, tensor.dtype, [values.Length / tensor.dtype.ByteSize()], values));
        }

        // Without a mask it is the plain file, which needs no unpacking.
        if (weights.Live.Count == 0)
        {
            SafetensorsFile.Write(stream, entries, weights.Metadata);
            return;
        }

        var shapes = weights.Tensors.Where(item => item.Value.NumberOfElements > 0 && weights.Live.ContainsKey(item.Key)).ToDictionary(item => item.Key, item => item.Value.shape);
        string index = JsonSerializer.Serialize(new Dictionary<string, object> { ["format"] = Format, ["shapes"] = shapes });
        SafetensorsFile.Write(stream, entries, new Dictionary<string, string>(weights.Metadata) { [Key] = index });
    }

    /// <summary>Shapes of the tensors as they were before packing, in the order of the file. No tensor is read.</summary>
    /// <exception cref="InvalidDataException">Parts are missing, or do not fit their shape.</exception>
    public static IReadOnlyDictionary<string, long[]> Shapes(ArrayFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var shapes = new Dictionary<string, long[]>();
        foreach ((string name, StoredArray array, PackedTensor? packed) in Contents(file)) shapes[name] = packed?.Shape ?? [.. array.Shape];
        return shapes;
    }

    /// <summary>Reads packed weights.</summary>
    /// <param name="file">Its tensors are read; stays open.</param>
    /// <param name="options">Limits on what one tensor may take when it is unpacked.</param>
    /// <returns>The weights as they were packed, to the bit, owned by the caller.</returns>
    /// <exception cref="InvalidDataException">Parts are missing, do not fit their shape or each other, or take more memory than there is.</exception>
    public static StoredWeights Read(ArrayFile file, ArrayFileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        options ??= new ArrayFileOptions();
        var tensors = new Dictionary<string, Tensor>();
        var live = new Dictionary<string, Tensor>();
        bool done = false;
        try
        {
            foreach ((string name, StoredArray array, PackedTensor? packed) in Contents(file))
            {
                if (packed is null) tensors[name] = array.ToTensor();
                else (tensors[name], live[name]) = packed.Unpack(options.MemoryLimit);
            }

            done = true;
        }
        finally
        {
            if (!done)
            {
                foreach (Tensor tensor in tensors.Values.Concat(live.Values)) tensor.Dispose();
            }
        }

        return new StoredWeights(tensors, live, file.Metadata.Where(item => item.Key != Key).ToDictionary(item => item.Key, item => item.Value));
    }

    private static void RequireFits(StoredWeights weights)
    {
        foreach ((string name, Tensor live) in weights.Live)
        {
            if (!weights.Tensors.TryGetValue(name, out Tensor? tensor)) throw new ArgumentException($"The mask names '{name}', which is none of the tensors.", nameof(weights));
            if (live.dtype != ScalarType.Bool || !live.shape.AsSpan().SequenceEqual(tensor.shape))
            {
                throw new ArgumentException($"The mask of '{name}' is {live.Text}, expected Bool [{string.Join(", ", tensor.shape)}].", nameof(weights));
            }

            foreach (string part in new[] { name + BitsEnding, name + ValuesEnding }.Where(weights.Tensors.ContainsKey))
            {
                throw new ArgumentException($"'{part}' is a tensor of its own, and the name under which a part of '{name}' would be packed. Rename it.", nameof(weights));
            }
        }
    }

    // Every tensor in the order of the file: as it is stored, or with its parts. The bits stand where the tensor stood.
    private static List<(string Name, StoredArray Array, PackedTensor? Packed)> Contents(ArrayFile file)
    {
        Dictionary<string, StoredArray> arrays = file.ToDictionary(array => array.Name);
        var byBits = new Dictionary<string, PackedTensor>();
        HashSet<string> values = [];
        foreach ((string name, long[] shape) in Index(file))
        {
            if (arrays.ContainsKey(name)) throw Error(file, $"'{Plain(name)}' is there twice, packed and plain. {Rewrite}");
            byBits.Add(name + BitsEnding, new PackedTensor(file.Path, name, shape, Part(name, BitsEnding), Part(name, ValuesEnding)));
            values.Add(name + ValuesEnding);
        }

        return
        [
            .. file.Where(array => !values.Contains(array.Name)).Select(array =>
                byBits.TryGetValue(array.Name, out PackedTensor? packed) ? (packed.Name, array, packed) : (array.Name, array, (PackedTensor?)null)),
        ];

        StoredArray Part(string name, string ending) => arrays.TryGetValue(name + ending, out StoredArray? part)
            ? part
            : throw Error(file, $"'{Plain(name)}' has no part '{Plain(name + ending)}'. {Rewrite}");
    }

    private static List<(string Name, long[] Shape)> Index(ArrayFile file)
    {
        try
        {
            using var document = JsonDocument.Parse(file.Metadata[Key]);
            if (document.RootElement.GetProperty("format") is not { ValueKind: JsonValueKind.Number } format || !format.TryGetInt32(out int number) || number != Format)
            {
                throw Error(file, $"the format is not {Format}. Another version of Sharpless packed them; unpack them with that one.");
            }

            List<(string, long[])> shapes = [];
            HashSet<string> names = [];
            foreach (JsonProperty item in document.RootElement.GetProperty("shapes").EnumerateObject())
            {
                if (!names.Add(item.Name)) throw Error(file, $"'{Plain(item.Name)}' has two shapes. {Rewrite}");
                shapes.Add((item.Name, [.. item.Value.EnumerateArray().Select(length => length.GetInt64())]));
            }

            return shapes;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Error(file, $"the metadata '{Key}' is not {{\"format\":{Format},\"shapes\":{{\"NAME\":[...]}}}}. {Rewrite}");
        }
    }

    /// <summary>A name from outside, short and without characters that could forge lines or colours.</summary>
    internal static string Plain(string name) => string.Concat((name.Length > 100 ? name[..100] + "..." : name).Select(letter => char.IsControl(letter) ? ' ' : letter));

    private static InvalidDataException Error(ArrayFile file, string text) => new($"\"{file.Path}\": packed weights: {text}");
}
