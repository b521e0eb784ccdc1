using System.Globalization;
using Sharpless.Torch;
using Sharpless.Torch.Files;

namespace Sharpless.Training;

/// <summary>A safetensors file with the hash of all that is in it: damage is noticed before anything is believed.</summary>
internal static class SealedFile
{
    private const string HashName = "hash";

    /// <summary>Writes the file and reads it back.</summary>
    /// <param name="path">The file; it appears whole or not at all.</param>
    /// <param name="tensors">Borrowed.</param>
    /// <param name="metadata">Texts to keep with them.</param>
    /// <exception cref="FailureException">It does not read back as it was written.</exception>
    internal static void Write(
        string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        string hash = Hash(metadata, tensors.Select(item => TensorFiles.Entry(item.Name, item.Tensor)));
        TensorFiles.WriteSafetensors(path, tensors, new Dictionary<string, string>(metadata) { [HashName] = hash });
        using var scope = NewDisposeScope();
        using ArrayFile file = ArrayFile.Open(path);
        if (Hash(file.Metadata, file.Select(array => TensorFiles.Entry(array.Name, array.ToTensor()))) == hash) return;
        throw new FailureException(
            $"'{path}' does not read back as it was written.",
            "Check the disk and the memory. What was saved before is whole: the same command with --resume goes on from there.");
    }

    /// <summary>Reads all tensors of a file, owned by the caller's scope.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    internal static Dictionary<string, Tensor> Read(ArrayFile file)
    {
        Dictionary<string, Tensor> tensors = file.ToDictionary(array => array.Name, array => array.ToTensor());
        string hash = Hash(file.Metadata, tensors.Select(item => TensorFiles.Entry(item.Key, item.Value)));
        if (file.Metadata.GetValueOrDefault(HashName) == hash) return tensors;
        throw new InvalidDataException($"'{file.Path}' is damaged: its hash is not the one it was written with.");
    }

    /// <summary>A text that was written with the tensors.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    internal static string Text(ArrayFile file, string name) =>
        file.Metadata.TryGetValue(name, out string? text)
            ? text
            : throw new InvalidDataException($"'{file.Path}' is damaged: it has no '{name}'.");

    /// <summary>The hash of named tensors: names, types, shapes, values.</summary>
    internal static string Hash(IEnumerable<(string Name, Tensor Tensor)> tensors) =>
        Hash(new Dictionary<string, string>(), tensors.Select(item => TensorFiles.Entry(item.Name, item.Tensor)));

    private static string Hash(IReadOnlyDictionary<string, string> metadata, IEnumerable<ArrayEntry> tensors)
    {
        using var hash = new ContentHash();
        foreach ((string key, string value) in metadata.OrderBy(item => item.Key, StringComparer.Ordinal))
        {
            if (key != HashName) hash.Add(key).Add(value);
        }

        foreach (ArrayEntry tensor in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            string shape = string.Join(' ', tensor.Shape.Select(size => size.ToString(CultureInfo.InvariantCulture)));
            hash.Add(tensor.Name).Add($"{tensor.Type} {shape}");
            tensor.WriteData(hash);
        }

        return hash.Text;
    }
}
