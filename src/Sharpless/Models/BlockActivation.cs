using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Models;

/// <summary>Activation inside pre-activation blocks: ReLU, or the smooth softplus that comes near it as β grows.</summary>
/// <param name="SoftplusBeta">β of log(1 + exp(β x)) / β; null for ReLU.</param>
public sealed record BlockActivation(int? SoftplusBeta = null)
{
    private const string SoftplusName = "softplus";

    /// <summary>max(x, 0).</summary>
    public static BlockActivation Relu { get; } = new();

    /// <summary>Reads <c>relu</c>, or <c>softplus</c> with β such as <c>softplus20</c>.</summary>
    /// <param name="text">The name.</param>
    /// <param name="activation">What it names.</param>
    /// <returns>Whether it names one. β is a whole number, 1 or more.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out BlockActivation? activation)
    {
        ArgumentNullException.ThrowIfNull(text);
        activation = null;
        if (text == "relu") activation = Relu;
        else if (text.StartsWith(SoftplusName, StringComparison.Ordinal) && int.TryParse(text.AsSpan(SoftplusName.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int beta) && beta > 0) activation = new(beta);
        return activation is not null;
    }

    /// <summary>The name that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => SoftplusBeta is int beta ? string.Create(CultureInfo.InvariantCulture, $"{SoftplusName}{beta}") : "relu";

    // ReLU is fused with the normalization before it.
    internal (Tensor Activated, Tensor Sum) After(ChannelNorm norm, Tensor input, Tensor? residual = null)
    {
        (Tensor activated, Tensor sum) = norm.forward(input, residual, SoftplusBeta is null ? 0 : 1);
        return (SoftplusBeta is int beta ? nn.functional.softplus(activated, beta) : activated, sum);
    }
}
