namespace Sharpless.Torch.Modules;

/// <summary>The state of a module by name, as PyTorch's <c>state_dict</c>.</summary>
public static class ModuleState
{
    /// <summary>Ending of the names under which PyTorch counts batches in every batch norm. Nothing here uses the count, so it is accepted when read and not written.</summary>
    public const string BatchCounter = "num_batches_tracked";

    /// <summary>Parameters and buffers by full name, in the order of registration. The tensors stay the module's.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> Of(Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return [.. module.Parameters().Select(item => (item.Name, item.Parameter.Value)), .. module.Buffers()];
    }

    /// <summary>Copies values into a module's parameters and buffers.</summary>
    /// <exception cref="InvalidDataException">A name is missing, left over or has another shape; the message lists all such.</exception>
    public static void Load(Module module, IReadOnlyDictionary<string, Tensor> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        IReadOnlyList<(string Name, Tensor Tensor)> own = Of(module);
        ThrowIfDifferent(own, values);
        using GradientMode off = GradientMode.Off();
        foreach ((string name, Tensor tensor) in own) tensor.CopyInPlace(values[name]);
    }

    private static void ThrowIfDifferent(IReadOnlyList<(string Name, Tensor Tensor)> own, IReadOnlyDictionary<string, Tensor> values)
    {
        List<string> problems = [];
        foreach ((string name, Tensor tensor) in own)
        {
            if (!values.TryGetValue(name, out Tensor? given)) problems.Add($"'{name}' {Text(tensor)} is missing");
            else if (!given.Shape.AsSpan().SequenceEqual(tensor.Shape)) problems.Add($"'{name}' is {Text(given)}, expected {Text(tensor)}");
        }

        HashSet<string> known = [.. own.Select(item => item.Name)];
        problems.AddRange(values.Keys
            .Where(name => !known.Contains(name) && !name.EndsWith(BatchCounter, StringComparison.Ordinal))
            .Select(name => $"'{name}' belongs to no layer of this model"));
        if (problems.Count == 0) return;
        const int Shown = 5;
        string more = problems.Count > Shown ? $" and {problems.Count - Shown} more" : "";
        throw new InvalidDataException($"The weights do not fit the model: {string.Join("; ", problems.Take(Shown))}{more}.");

        static string Text(Tensor tensor) => $"[{string.Join(", ", tensor.Shape)}]";
    }
}
