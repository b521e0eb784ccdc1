namespace Sharpless.Torch.Modules;

/// <summary>The state of a module by name, as PyTorch's <c>state_dict</c>.</summary>
public static class ModuleState
{
    /// <summary>Ending of the names under which PyTorch counts batches in every batch norm. Nothing here uses the count, so it is accepted when read and not written.</summary>
    public const string BatchCounter = "num_batches_tracked";

    /// <summary>Parameters and buffers by full name, in the order of registration. The tensors stay the module's.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> Of(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return [.. module.Parameters().Select(item => (item.Name, (Tensor)item.Parameter)), .. module.Buffers()];
    }

    /// <summary>Copies values into a module's parameters and buffers.</summary>
    /// <param name="module">The module.</param>
    /// <param name="values">Tensors by the module's names, borrowed.</param>
    /// <param name="nameInFile">What a tensor is called where it comes from, for messages; null for the same.</param>
    /// <exception cref="InvalidDataException">A name is missing, left over or has another shape; the message lists such names, and the nearest known one of each that is left over.</exception>
    public static void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> values, Func<string, string>? nameInFile = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        IReadOnlyList<(string Name, Tensor Tensor)> own = Of(module);
        ThrowIfDifferent(own, values, nameInFile ?? (name => name));
        using IDisposable off = no_grad();
        foreach ((string name, Tensor tensor) in own) tensor.copy_(values[name]);
    }

    private static void ThrowIfDifferent(IReadOnlyList<(string Name, Tensor Tensor)> own, IReadOnlyDictionary<string, Tensor> values, Func<string, string> nameInFile)
    {
        List<string> missing = [], misshapen = [], unknown = [], absent = [];
        foreach ((string name, Tensor tensor) in own)
        {
            if (!values.TryGetValue(name, out Tensor? given))
            {
                missing.Add($"'{nameInFile(name)}' {Text(tensor)} is missing");
                absent.Add(name);
            }
            else if (!given.shape.AsSpan().SequenceEqual(tensor.shape))
            {
                misshapen.Add($"'{nameInFile(name)}' is {Text(given)}, expected {Text(tensor)}");
            }
        }

        HashSet<string> known = [.. own.Select(item => item.Name)];
        foreach (string name in values.Keys.Where(name => !known.Contains(name) && !name.EndsWith(BatchCounter, StringComparison.Ordinal)))
        {
            // Probably it is one that is missing, under another name.
            string? near = NearestName.Of(name, absent) ?? NearestName.Of(name, known);
            unknown.Add($"'{nameInFile(name)}' belongs to no layer of this model{(near is null ? "" : $" (the nearest name is '{nameInFile(near)}')")}");
        }

        // One of each kind first, so that none hides the others.
        List<string>[] kinds = [.. new[] { missing, misshapen, unknown }.Where(kind => kind.Count > 0)];
        if (kinds.Length == 0) return;
        const int Shown = 5;
        string[] problems = [.. kinds.Select(kind => kind[0]), .. kinds.SelectMany(kind => kind.Skip(1))];
        string more = problems.Length > Shown ? $" and {problems.Length - Shown} more" : "";
        throw new InvalidDataException($"The weights do not fit the model: {string.Join("; ", problems.Take(Shown))}{more}.");

        static string Text(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
    }
}
