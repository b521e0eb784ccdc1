using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Weights;

/// <summary>How the tensors of a file are called in a module: without what a wrapper put before all of them, and by our name where a published one differs.</summary>
internal sealed class StateNaming
{
    private readonly string _path;
    private readonly string _prefix;
    private readonly IReadOnlyDictionary<string, string> _published;
    private readonly Dictionary<string, string> _inFile = [];

    /// <summary>Finds it.</summary>
    /// <param name="path">The file, for messages; empty for weights that are not of a file.</param>
    /// <param name="given">Names in the file.</param>
    /// <param name="own">Names of the module.</param>
    /// <param name="published">The module's name for each published one that differs; null for none.</param>
    /// <exception cref="InvalidDataException">The file holds the network, or one of its tensors, twice.</exception>
    internal StateNaming(string path, IEnumerable<string> given, IEnumerable<string> own, IReadOnlyDictionary<string, string>? published = null)
    {
        _path = path;
        _published = published ?? new Dictionary<string, string>();
        List<string> names = [.. given];
        _prefix = WrapperPrefix.Find(names, new HashSet<string>([.. own, .. _published.Keys]), path);
        foreach (string name in names)
        {
            if (!_inFile.TryAdd(InModel(name), name)) throw new InvalidDataException($"{(path.Length > 0 ? $"{path}: " : "")}'{name}' and '{_inFile[InModel(name)]}' are both the tensor '{InModel(name)}'. Keep one of them.");
        }
    }

    /// <summary>The module's name of a tensor in the file. What does not stand under the prefix keeps its name, so that it is no tensor of the module.</summary>
    internal string InModel(string name)
    {
        string inner = name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : name;
        return _published.GetValueOrDefault(inner, inner);
    }

    /// <summary>The same tensors by the module's names.</summary>
    internal IReadOnlyDictionary<string, Tensor> InModel(IReadOnlyDictionary<string, Tensor> tensors) => tensors.ToDictionary(item => InModel(item.Key), item => item.Value);

    /// <summary>Copies values into the module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="values">Tensors by the module's names, borrowed.</param>
    /// <exception cref="InvalidDataException">They do not fit; the message says the file, and the names that tensors have in it.</exception>
    internal void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> values)
    {
        try
        {
            ModuleState.Load(module, values, name => _inFile.GetValueOrDefault(name, _prefix + name));
        }
        catch (InvalidDataException error) when (_path.Length > 0)
        {
            throw new InvalidDataException($"{_path}: {error.Message}", error);
        }
    }
}
