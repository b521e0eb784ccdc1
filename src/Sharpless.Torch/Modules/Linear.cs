
namespace Sharpless.Torch.Modules;

/// <summary>Matrix product with a bias: x W' + b over the last dimension.</summary>
public sealed class Linear : WeightLayer
{
    private readonly long _inputs;

    /// <summary>A layer with weights that are not initialised; see <see cref="Initialization"/>.</summary>
    /// <param name="inputs">Size of the last dimension of the input.</param>
    /// <param name="outputs">Size of the last dimension of the output.</param>
    /// <param name="bias">Whether there is a bias.</param>
    public Linear(long inputs, long outputs, bool bias = true)
    {
        _inputs = inputs;
        Weight = this.Register("weight", zeros([outputs, inputs]), ParameterRole.Weight);
        if (bias) Bias = this.Register("bias", zeros([outputs]), ParameterRole.Bias);
    }

    /// <summary>[outputs, inputs].</summary>
    public override Parameter Weight { get; }

    /// <summary>[outputs], or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>[..., inputs] to [..., outputs].</summary>
    /// <exception cref="ArgumentException">Another last dimension.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Dimensions == 0 || input.size(-1) != _inputs)
        {
            throw new ArgumentException($"Linear expects a last dimension of {_inputs} (inputs), but the input is {input.Text}. Flatten it first: x.Flatten(1).", nameof(input));
        }

        return Observed(nn.functional.linear(input, Weight, Bias));
    }
}
