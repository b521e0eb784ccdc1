
namespace Sharpless.Torch.Modules;

/// <summary>The tree of a module: what is registered in it, and how it is called there.</summary>
public static class ModuleParts
{
    /// <summary>This module and all its parts, the outer before the inner; one that is registered twice comes once.</summary>
    public static IEnumerable<nn.Module> All(this nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Walk(module, "").Select(item => item.Module).Distinct();
    }

    /// <summary>
    /// Every parameter with its full name, in the order of registration, its own before those of its parts; one that is
    /// registered twice comes once, under its first name.
    /// </summary>
    public static IEnumerable<(string Name, Parameter Parameter)> Parameters(this nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return OwnedParameters(module).Select(item => (item.Name, item.Parameter)).DistinctBy(item => item.Parameter, ReferenceEqualityComparer.Instance);
    }

    /// <summary>Every buffer (state that is not trained) with its full name, in the order of registration; each once.</summary>
    public static IEnumerable<(string Name, Tensor Buffer)> Buffers(this nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Walk(module, "")
            .SelectMany(item => item.Module.named_buffers(recurse: false).Select(buffer => (Name: item.Prefix + buffer.name, Buffer: buffer.buffer)))
            .DistinctBy(item => item.Buffer, ReferenceEqualityComparer.Instance);
    }

    /// <summary>Every parameter with the module that it belongs to, under each name that it has.</summary>
    public static IEnumerable<(string Name, Parameter Parameter, nn.Module Owner)> OwnedParameters(this nn.Module module) =>
        Walk(module, "").SelectMany(item =>
            item.Module.named_parameters(recurse: false).Select(parameter => (item.Prefix + parameter.name, parameter.parameter, item.Module)));

    /// <summary>Makes a module a part of this one, under a path such as <c>layer1.0</c>; groups on the way are made.</summary>
    public static T Register<T>(this nn.Module module, string path, T part)
        where T : nn.Module
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(path);
        string[] steps = path.Split('.');
        foreach (string step in steps[..^1])
        {
            nn.Module? group = module.named_children().FirstOrDefault(child => child.name == step).module;
            if (group is null) module.register_module(step, group = new PartGroup());
            module = group;
        }

        module.register_module(steps[^1], part);
        return part;
    }

    /// <summary>Makes a tensor a trainable parameter of this module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="value">First value; the module owns it.</param>
    /// <param name="role">What the parameter does.</param>
    public static Parameter Register(this nn.Module module, string name, Tensor value, ParameterRole role)
    {
        ArgumentNullException.ThrowIfNull(module);
        var parameter = new Parameter(value);
        ParameterRoles.Declare(parameter, role);
        module.register_parameter(name, parameter);
        return parameter;
    }

    private static IEnumerable<(string Prefix, nn.Module Module)> Walk(nn.Module module, string prefix)
    {
        yield return (prefix, module);
        foreach ((string name, nn.Module part) in module.named_children())
        {
            string separator = module is ISlashedNames ? "/" : ".";
            foreach ((string, nn.Module) inner in Walk(part, $"{prefix}{name}{separator}")) yield return inner;
        }
    }

    // What stands between the dots of a path.
    private sealed class PartGroup() : nn.Module(nameof(PartGroup));
}
