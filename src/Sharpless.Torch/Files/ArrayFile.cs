using System.Collections;
using Microsoft.Win32.SafeHandles;

namespace Sharpless.Torch.Files;

/// <summary>The arrays of an npy, npz or safetensors file, read with bounds checks; nothing in a file is ever executed.</summary>
/// <remarks>
/// The format is recognized by the first bytes, not by the name. Elements are read when asked for, so a file may be larger than memory.
/// </remarks>
public sealed class ArrayFile : IReadOnlyList<StoredArray>, IDisposable
{
    private readonly List<StoredArray> _arrays;
    private readonly Dictionary<string, StoredArray> _byName;
    private readonly FilePlace _file;
    private readonly SafeFileHandle? _handle;

    private ArrayFile(FilePlace file, List<StoredArray> arrays, IReadOnlyDictionary<string, string> metadata, SafeFileHandle? handle) =>
        (_file, _arrays, _byName, Metadata, _handle) =
            (file, arrays, arrays.ToDictionary(array => array.Name, StringComparer.Ordinal), metadata, handle);

    /// <summary>
    /// Opens a file and checks everything but the elements. An array of a type that is not known here, and a member of an npz file that
    /// is no array, spoil nothing: they are listed (<see cref="StoredArray.ForeignType"/>) and refused when they are read.
    /// </summary>
    /// <param name="path">An npy, npz or safetensors file.</param>
    /// <param name="options">Limits; default <see cref="ArrayFileOptions"/>.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">Not such a file, damaged, larger than the limits allow, or one that would have to be executed (pickle).</exception>
    public static ArrayFile Open(string path, ArrayFileOptions? options = null)
    {
        var file = new FilePlace(path);
        SafeFileHandle handle = InputFile.Open(path);
        try
        {
            return Open(new FileSource(path, handle), file, options ?? new ArrayFileOptions(), handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens the bytes of a file.</summary>
    internal static ArrayFile Open(ReadOnlyMemory<byte> bytes, string path, ArrayFileOptions options) =>
        Open(new MemorySource(bytes), new FilePlace(path), options, null);

    private static ArrayFile Open(ByteSource source, FilePlace file, ArrayFileOptions options, SafeFileHandle? handle)
    {
        long limit = options.MemoryLimit;
        IReadOnlyDictionary<string, string> metadata = new Dictionary<string, string>();
        List<StoredArray> arrays;
        switch (ArrayFileFormats.Recognize(source, file))
        {
            case ArrayFileFormat.Npy:
                arrays = [NpyFile.Open(source, file, limit)];
                break;
            case ArrayFileFormat.Npz:
                arrays = NpzFile.Open(source, file, limit);
                break;
            default:
                (arrays, metadata) = SafetensorsFile.Open(source, file, limit);
                break;
        }
        return new ArrayFile(file, arrays, metadata, handle);
    }

    /// <summary>The file, as it was named to <see cref="Open(string, ArrayFileOptions)"/>.</summary>
    public string Path => _file.Path;

    /// <summary>Number of arrays.</summary>
    public int Count => _arrays.Count;

    /// <summary>An array by its position, in the order of the file.</summary>
    public StoredArray this[int index] => _arrays[index];

    /// <summary>An array by its name.</summary>
    /// <exception cref="InvalidDataException">No array of this name; the message lists those that there are.</exception>
    public StoredArray this[string name] =>
        Find(name) ?? throw _file.Error(0, $"no array {FilePlace.Quote(name)}", $"one of {string.Join(", ", _arrays.Take(20).Select(a => FilePlace.Quote(a.Name)))}{(Count > 20 ? ", ..." : "")}", "Names are case-sensitive.");

    /// <summary>An array by its name; null where there is none.</summary>
    public StoredArray? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Free text of a safetensors file; empty for other formats.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public IEnumerator<StoredArray> GetEnumerator() => _arrays.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the file; its arrays cannot be read afterwards.</summary>
    public void Dispose() => _handle?.Dispose();
}
