namespace Sharpless.Torch.Modules;

/// <summary>A part of a network: named parameters, named buffers and named parts, as PyTorch's <c>state_dict</c> names them.</summary>
public abstract class Module
{
    private readonly List<(string Name, Parameter Parameter)> _parameters = [];
    private readonly List<(string Name, Tensor Buffer)> _buffers = [];
    private readonly List<(string Name, Module Module)> _parts = [];

    /// <summary>Whether it behaves as in training (batch statistics, dropout) rather than as in evaluation.</summary>
    public bool IsTraining { get; private set; } = true;

    /// <summary>Its parts in the order of their registration.</summary>
    public IEnumerable<(string Name, Module Module)> Parts => _parts;

    /// <summary>Every parameter with its full name, in the order of registration, its own before those of its parts.</summary>
    public IEnumerable<(string Name, Parameter Parameter)> Parameters() => Walk(module => module._parameters);

    /// <summary>Every buffer (state that is not trained) with its full name, in the order of registration.</summary>
    public IEnumerable<(string Name, Tensor Buffer)> Buffers() => Walk(module => module._buffers);

    /// <summary>This module and all its parts, the outer before the inner.</summary>
    public IEnumerable<Module> All() => _parts.SelectMany(part => part.Module.All()).Prepend(this);

    /// <summary>Switches this module and its parts between training and evaluation.</summary>
    public void Train(bool on = true)
    {
        foreach (Module module in All()) module.IsTraining = on;
    }

    /// <summary>Switches this module alone.</summary>
    internal void Train(bool on, bool withParts)
    {
        if (withParts) Train(on);
        else IsTraining = on;
    }

    /// <summary>What stands between the name of a part and a name inside it; a dot, as in PyTorch, unless a module says otherwise.</summary>
    protected virtual string NameSeparator => ".";

    /// <summary>Makes a tensor a trainable parameter.</summary>
    protected Parameter Register(string name, Tensor value, ParameterRole role)
    {
        ArgumentNullException.ThrowIfNull(value);
        value.requires_grad = true;
        var parameter = new Parameter(value, role);
        _parameters.Add((name, parameter));
        return parameter;
    }

    /// <summary>Makes a tensor a buffer: saved with the weights, not trained.</summary>
    protected Tensor RegisterBuffer(string name, Tensor value)
    {
        _buffers.Add((name, value));
        return value;
    }

    /// <summary>Makes a module a part of this one.</summary>
    protected T Register<T>(string name, T part)
        where T : Module
    {
        _parts.Add((name, part));
        return part;
    }

    private IEnumerable<(string Name, T Item)> Walk<T>(Func<Module, List<(string Name, T Item)>> own)
    {
        foreach ((string name, T item) in own(this)) yield return (name, item);
        foreach ((string part, Module module) in _parts)
        {
            foreach ((string name, T item) in module.Walk(own)) yield return ($"{part}{NameSeparator}{name}", item);
        }
    }
}
