using System.Buffers.Binary;

namespace Sharpless.Torch.Files;

/// <summary>The formats that <see cref="ArrayFile"/> reads.</summary>
internal enum ArrayFileFormat { Npy, Npz, Safetensors }

/// <summary>Recognizes a format by the first bytes of a file.</summary>
internal static class ArrayFileFormats
{
    private static readonly string[] PickleEndings = [".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"];

    /// <summary>The format, or a refusal that says what the file is instead.</summary>
    public static ArrayFileFormat Recognize(ByteSource source, FilePlace file)
    {
        Span<byte> start = stackalloc byte[ForeignContent.Length];
        start = start[..(int)Math.Min(start.Length, source.Length)];
        source.Read(0, start);
        string ending = Path.GetExtension(file.Path);

        if (start.StartsWith(NpyHeader.Magic)) return ArrayFileFormat.Npy;
        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith("PK\x05\x06"u8)) return ArrayFileFormat.Npz;
        // Before the pickle test: a header of 640 bytes begins with 80 02, as a pickle does.
        if (start.Length > 8 && start[8] == '{'
            && BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)Math.Max(SafetensorsHeader.LongestHeader, source.Length))
            return ArrayFileFormat.Safetensors;
        if (start is [0x80, >= 2 and <= 5, ..]) throw Pickle(file, 0);
        if (ForeignContent.Refusal(start, file, "an npy, npz or safetensors file") is { } refusal) throw refusal;
        if (PickleEndings.Contains(ending, StringComparer.OrdinalIgnoreCase)) throw Pickle(file, 0);
        return ending.ToUpperInvariant() switch
        {
            // By its name it should be one: let its reader say what is wrong.
            ".NPY" => ArrayFileFormat.Npy,
            ".NPZ" => ArrayFileFormat.Npz,
            ".SAFETENSORS" => ArrayFileFormat.Safetensors,
            _ => throw file.Error(0, $"the bytes {Convert.ToHexString(start[..Math.Min(start.Length, 9)])}", "an npy, npz or safetensors file",
                "Save features with numpy.save, numpy.savez or safetensors."),
        };
    }

    /// <summary>The refusal of a pickle, by name.</summary>
    public static InvalidDataException Pickle(FilePlace file, long offset) =>
        file.Error(offset, "a pickle or PyTorch checkpoint, which could run code and is never executed", "an npy, npz or safetensors file",
            "Convert it where you trust it: safetensors.torch.save_file(torch.load(path, weights_only=True), 'weights.safetensors').");
}
