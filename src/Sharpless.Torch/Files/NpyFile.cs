using System.Text;

namespace Sharpless.Torch.Files;

/// <summary>Writes npy files, byte for byte as numpy.save does. <see cref="ArrayFile"/> reads them.</summary>
public static class NpyFile
{
    // numpy aligns the first element so, to let it be memory-mapped.
    private const int Alignment = 64;

    /// <summary>Writes one array. The file appears whole or not at all.</summary>
    /// <exception cref="ArgumentException">bfloat16, which npy does not know, or data of another size than shape and type say.</exception>
    public static void Write(string path, ArrayEntry array) => AtomicFile.Write(path, stream => Write(stream, array));

    /// <inheritdoc cref="Write(string, ArrayEntry)"/>
    public static void Write(Stream stream, ArrayEntry array)
    {
        array.ByteCount();
        // A Python tuple of one has a comma: (3,).
        string shape = string.Join(", ", array.Shape) + (array.Shape.Count == 1 ? "," : "");
        string text = $"{{'descr': '{Descr(array)}', 'fortran_order': False, 'shape': ({shape}), }}";
        int unpadded = NpyHeader.Magic.Length + 4 + text.Length + 1;
        int padding = Alignment - unpadded % Alignment;
        int textLength = text.Length + padding + 1;

        stream.Write(NpyHeader.Magic);
        stream.Write([1, 0, (byte)textLength, (byte)(textLength >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(text + new string(' ', padding) + "\n"));
        array.CopyTo(stream);
    }

    /// <summary>Opens the bytes of an npy file.</summary>
    internal static StoredArray Open(ByteSource source, FilePlace file, long memoryLimit)
    {
        using var stream = new SourceStream(source, 0, source.Length);
        NpyHeader header = NpyHeader.Read(stream, source.Length, file);
        if (header.Foreign is { } foreign) throw new InvalidDataException(foreign.Refusal);
        string name = Path.GetFileNameWithoutExtension(file.Path);
        return new StoredArray(file, name, header.Format, header.FortranOrder, header.Shape, source, header.Length, memoryLimit);
    }

    private static string Descr(ArrayEntry array) => array.Type switch
    {
        ScalarType.Bool => "|b1",
        ScalarType.Byte => "|u1",
        ScalarType.Int8 => "|i1",
        ScalarType.Int16 => "<i2",
        ScalarType.Int32 => "<i4",
        ScalarType.Int64 => "<i8",
        ScalarType.Float16 => "<f2",
        ScalarType.Float32 => "<f4",
        ScalarType.Float64 => "<f8",
        _ => throw new ArgumentException($"Array {FilePlace.Quote(array.Name)} is {array.Type}, which npy does not know. Convert it to float32 first.", nameof(array)),
    };
}
