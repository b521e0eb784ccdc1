using System.Buffers.Binary;
using System.Text.Json;

namespace Sharpless.Torch.Files;

/// <summary>One tensor in the header of a safetensors file; offsets count from the end of the header.</summary>
internal readonly record struct SafetensorsRecord(string Name, ElementFormat Format, long[] Shape, long Begin, long End, ForeignType? Foreign);

/// <summary>Reads the header of a safetensors file and checks it against the file.</summary>
/// <remarks>
/// Format: 8 bytes little-endian length N, N bytes of JSON padded with blanks, the tensors' bytes. Checked as the reference
/// implementation promises: the header stays below 100 MB; the tensors follow each other without hole or overlap from the end
/// of the header to the end of the file; each has the size that its shape and type say; no name occurs twice.
/// </remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>Longest header, as in the reference implementation.</summary>
    public const int LongestHeader = 100_000_000;

    private const string Rewrite = "The file is damaged; write it again.";
    private readonly FilePlace _file;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private SafetensorsHeader(FilePlace file) => _file = file;

    /// <summary>The tensors in the order of the header.</summary>
    public List<SafetensorsRecord> Records { get; } = [];

    /// <summary>The free text under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Offset of the first tensor in the file.</summary>
    public long DataStart { get; private init; }

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="InvalidDataException">The header breaks one of the rules above.</exception>
    public static SafetensorsHeader Read(ByteSource source, FilePlace file, long memoryLimit)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (source.Length < prefix.Length)
            throw file.Error(0, $"{source.Length} bytes", "at least 8, the length of the safetensors header", "The file is cut off; write it again.");
        source.Read(0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)Math.Min(Math.Min(LongestHeader, memoryLimit), source.Length - 8))
            throw file.Error(0, $"a header of {length} bytes in a file of {source.Length}",
                $"at most {Math.Min(Math.Min(LongestHeader, memoryLimit), source.Length - 8)}", "It is not a safetensors file, or it is damaged or cut off.");

        byte[] json = new byte[length];
        source.Read(8, json);
        var header = new SafetensorsHeader(file) { DataStart = 8 + json.Length };
        try
        {
            header.Parse(json);
        }
        // .NET says so where a string is not UTF-8 and where an escape is half a character.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            (int place, string what) = JsonFile.Fault(json) ?? (0, "text that is not JSON");
            throw file.Error(8 + place, what, "the safetensors header", Rewrite);
        }
        header.CheckLayout(source.Length - header.DataStart);
        return header;
    }

    private void Parse(byte[] json)
    {
        if (json.Length == 0 || json[0] != '{')
            throw _file.Error(8, "a header that does not begin with '{'", "the JSON object of a safetensors file", "It is not a safetensors file, or it is damaged.");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            long at = 8 + reader.TokenStartIndex;
            string name = reader.GetString()!;
            if (!_names.Add(name)) throw _file.Error(at, $"the name {FilePlace.Quote(name)} twice", "each name once", Rewrite);
            reader.Read();
            if (name == "__metadata__") ReadMetadata(ref reader);
            else Records.Add(ReadRecord(ref reader, name));
        }
        int end = (int)reader.BytesConsumed;
        int payload = json.AsSpan(end).IndexOfAnyExcept((byte)' ');
        if (payload >= 0)
            throw _file.Error(8 + end + payload, $"the byte {json[end + payload]:X2} in the padding of the header", "only spaces", Rewrite);
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Require(reader, JsonTokenType.StartObject, "an object of strings under '__metadata__'");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            long at = 8 + reader.TokenStartIndex;
            string key = reader.GetString()!;
            reader.Read();
            Require(reader, JsonTokenType.String, "a string");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw _file.Error(at, $"the metadata key {FilePlace.Quote(key)} twice", "each key once", Rewrite);
        }
    }

    private SafetensorsRecord ReadRecord(ref Utf8JsonReader reader, string name)
    {
        FilePlace place = _file with { Member = name };
        long start = 8 + reader.TokenStartIndex;
        Require(reader, JsonTokenType.StartObject, "an object with 'dtype', 'shape' and 'data_offsets'");
        ElementFormat? format = null;
        ForeignType? foreign = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            long at = 8 + reader.TokenStartIndex;
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when format is null: (format, foreign) = ReadFormat(ref reader, place); break;
                case "shape" when shape is null: shape = ReadLongs(ref reader); break;
                case "data_offsets" when offsets is null: offsets = ReadLongs(ref reader); break;
                default:
                    throw place.Error(at, $"the key {FilePlace.Quote(key)}, unknown or for the second time", "'dtype', 'shape' and 'data_offsets', once each", Rewrite);
            }
        }
        if (format is null || shape is null || offsets is not { Length: 2 })
            throw place.Error(start, "an incomplete tensor", "'dtype', 'shape' and 'data_offsets' with two numbers", Rewrite);

        long size = ArrayShape.CheckedByteCount(shape, format.Value.Size, place, start);
        (long begin, long end) = (offsets[0], offsets[1]);
        // Subtract only where it cannot overflow.
        if (begin < 0 || end < begin || (foreign is null && end - begin != size))
            throw place.Error(start, $"data_offsets {FilePlace.Format(offsets)}", $"{size} bytes for shape {FilePlace.Format(shape)} and {format.Value.Size} bytes an element", Rewrite);
        return new SafetensorsRecord(name, format.Value, shape, begin, end, foreign);
    }

    private static (ElementFormat Format, ForeignType? Foreign) ReadFormat(ref Utf8JsonReader reader, FilePlace place)
    {
        string dtype = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        ElementKind? kind = dtype switch
        {
            "BOOL" => ElementKind.Bool,
            "U8" => ElementKind.UInt8,
            "I8" => ElementKind.Int8,
            "U16" => ElementKind.UInt16,
            "I16" => ElementKind.Int16,
            "U32" => ElementKind.UInt32,
            "I32" => ElementKind.Int32,
            "U64" => ElementKind.UInt64,
            "I64" => ElementKind.Int64,
            "F16" => ElementKind.Float16,
            "BF16" => ElementKind.BFloat16,
            "F32" => ElementKind.Float32,
            "F64" => ElementKind.Float64,
            _ => null,
        };
        if (kind is { } known) return (new ElementFormat(known), null);
        string what = $"dtype {FilePlace.Quote(dtype)}";
        string refusal = place.Error(8 + reader.TokenStartIndex, what, "BOOL, U8 to U64, I8 to I64, BF16, F16, F32 or F64", "Convert the tensor before saving it.").Message;
        return (new ElementFormat(ElementKind.UInt8), new ForeignType(what, refusal));
    }

    private long[] ReadLongs(ref Utf8JsonReader reader)
    {
        Require(reader, JsonTokenType.StartArray, "a list of whole numbers");
        var numbers = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw _file.Error(8 + reader.TokenStartIndex, "something else", "a whole number from 0 to 2^63 - 1", Rewrite);
            numbers.Add(number);
            if (numbers.Count > ArrayShape.MostDimensions)
                throw _file.Error(8 + reader.TokenStartIndex, "a longer list", $"at most {ArrayShape.MostDimensions} numbers", Rewrite);
        }
        return [.. numbers];
    }

    private void Require(in Utf8JsonReader reader, JsonTokenType type, string expected)
    {
        if (reader.TokenType != type) throw _file.Error(8 + reader.TokenStartIndex, $"a JSON {reader.TokenType}", expected, Rewrite);
    }

    // From the first byte to the last, each tensor begins where the one before ended. Empty tensors lie on such a border.
    private void CheckLayout(long dataLength)
    {
        long end = 0;
        foreach (SafetensorsRecord record in Records.OrderBy(r => r.Begin).ThenBy(r => r.End))
        {
            if (record.Begin != end)
                throw (_file with { Member = record.Name }).Error(DataStart + record.Begin,
                    $"a tensor that begins at data offset {record.Begin}{(record.Begin < end ? ", inside another one" : ", after a hole")}", $"{end}, where the one before ends", Rewrite);
            end = record.End;
        }
        if (end != dataLength)
            throw _file.Error(DataStart + Math.Min(end, dataLength), $"{dataLength} bytes of data", $"{end}, the sum of all tensors",
                end < dataLength ? "Something is appended to the file; write it again." : "The file is cut off; write it again.");
    }
}
