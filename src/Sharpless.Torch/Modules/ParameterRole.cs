using System.Runtime.CompilerServices;

namespace Sharpless.Torch.Modules;

/// <summary>What a parameter does in its module.</summary>
public enum ParameterRole
{
    /// <summary>Weight of a convolution or a matrix product.</summary>
    Weight,
    /// <summary>Bias of a convolution or a matrix product.</summary>
    Bias,
    /// <summary>Scale or shift of a normalization; always float32.</summary>
    Normalization,
}

/// <summary>The role of each parameter: as declared, else by the module that it belongs to.</summary>
public static class ParameterRoles
{
    private static readonly ConditionalWeakTable<Parameter, object> Declared = [];

    /// <summary>Says what a parameter does, where its module and its shape do not tell.</summary>
    public static void Declare(Parameter parameter, ParameterRole role) => Declared.AddOrUpdate(parameter, role);

    /// <summary>
    /// The role that was declared; else that of a normalization where the name of the module's class says so, of a weight
    /// where there are two dimensions or more, and of a bias for all else.
    /// </summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="owner">The module that it is registered in.</param>
    public static ParameterRole Of(Parameter parameter, nn.Module owner)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        ArgumentNullException.ThrowIfNull(owner);
        if (Declared.TryGetValue(parameter, out object? role)) return (ParameterRole)role;
        if (owner.GetType().Name.Contains("Norm", StringComparison.Ordinal)) return ParameterRole.Normalization;
        return parameter.dim() >= 2 ? ParameterRole.Weight : ParameterRole.Bias;
    }
}
