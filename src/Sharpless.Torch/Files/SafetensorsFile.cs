using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sharpless.Torch.Files;

/// <summary>Writes safetensors files. <see cref="ArrayFile"/> reads them.</summary>
/// <remarks>
/// The bytes depend on the tensors, their order and the metadata alone. The data lie by falling element size, as the reference
/// implementation writes them, so that every tensor is aligned to its element; PyTorch cannot view it otherwise.
/// </remarks>
public static class SafetensorsFile
{
    private const int Alignment = 8;

    /// <summary>Writes tensors. The file appears whole or not at all.</summary>
    /// <param name="path">Conventionally ends in .safetensors.</param>
    /// <param name="tensors">In the order in which the header shall name them.</param>
    /// <param name="metadata">Free text; written in ordinal order of the keys.</param>
    /// <exception cref="ArgumentException">A name twice, the reserved name, or data of another size than shape and type say.</exception>
    public static void Write(string path, IReadOnlyList<ArrayEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <inheritdoc cref="Write(string, IReadOnlyList{ArrayEntry}, IReadOnlyDictionary{string, string})"/>
    public static void Write(Stream stream, IReadOnlyList<ArrayEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        CheckNames(tensors);
        List<ArrayEntry> layout = [.. tensors.OrderByDescending(t => t.Type.ByteSize())];
        byte[] header = Header(tensors, layout, metadata ?? new Dictionary<string, string>());
        byte[] padding = new byte[(Alignment - header.Length % Alignment) % Alignment];
        padding.AsSpan().Fill((byte)' ');

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length + padding.Length);
        stream.Write(length);
        stream.Write(header);
        stream.Write(padding);
        foreach (ArrayEntry tensor in layout) tensor.CopyTo(stream);
    }

    /// <summary>Opens the bytes of a safetensors file.</summary>
    internal static (List<StoredArray> Tensors, IReadOnlyDictionary<string, string> Metadata) Open(ByteSource source, FilePlace file, long memoryLimit)
    {
        SafetensorsHeader header = SafetensorsHeader.Read(source, file, memoryLimit);
        return (header.Records.ConvertAll(r => new StoredArray(
            file with { Member = r.Name }, r.Name, r.Format, false, r.Shape, source, header.DataStart + r.Begin, memoryLimit, r.Foreign)), header.Metadata);
    }

    private static void CheckNames(IReadOnlyList<ArrayEntry> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        foreach (ArrayEntry tensor in tensors)
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"Tensor name {FilePlace.Quote(tensor.Name)} is reserved or occurs twice; choose another.", nameof(tensors));
    }

    private static byte[] Header(IReadOnlyList<ArrayEntry> tensors, List<ArrayEntry> layout, IReadOnlyDictionary<string, string> metadata)
    {
        var begins = new Dictionary<string, long>(StringComparer.Ordinal);
        long end = 0;
        foreach (ArrayEntry tensor in layout)
        {
            begins.Add(tensor.Name, end);
            end = checked(end + tensor.ByteCount());
        }

        using var buffer = new MemoryStream();
        // Names are data for machines, not for a web page: escape only what JSON itself requires.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            foreach (ArrayEntry tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", Dtype(tensor.Type));
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begins[tensor.Name]);
                json.WriteNumberValue(begins[tensor.Name] + tensor.ByteCount());
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        if (buffer.Length > SafetensorsHeader.LongestHeader - Alignment)
            throw new ArgumentException($"The header takes {buffer.Length} bytes; safetensors allows {SafetensorsHeader.LongestHeader}. Write several files.", nameof(tensors));
        return buffer.ToArray();
    }

    private static string Dtype(ScalarType type) => type switch
    {
        ScalarType.Bool => "BOOL",
        ScalarType.Byte => "U8",
        ScalarType.Int8 => "I8",
        ScalarType.Int16 => "I16",
        ScalarType.Int32 => "I32",
        ScalarType.Int64 => "I64",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Float32 => "F32",
        ScalarType.Float64 => "F64",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type that Sharpless knows."),
    };
}
