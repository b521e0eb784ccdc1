using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Matrix product with a bias, whose <c>kernel</c> has the inputs first and both sides in as many dimensions as the published files give them: heads stay apart.</summary>
internal sealed class Dense : CheckpointModule
{
    private readonly long _inputs;
    private readonly double _biasDeviation;
    private readonly Parameter _kernel;
    private readonly Parameter _bias;

    /// <param name="inputs">Shape of the inputs, such as [D] or [heads, D / heads].</param>
    /// <param name="outputs">Shape of the outputs.</param>
    /// <param name="biasDeviation">Standard deviation of the first bias.</param>
    internal Dense(long[] inputs, long[] outputs, double biasDeviation = 0)
    {
        _biasDeviation = biasDeviation;
        _inputs = inputs.Aggregate((product, size) => product * size);
        _kernel = RegisterUnset("kernel", [.. inputs, .. outputs], ParameterRole.Weight);
        _bias = RegisterUnset("bias", outputs, ParameterRole.Bias);
    }

    /// <summary>[..., inputs] to [..., outputs], each side in one dimension.</summary>
    internal Tensor forward(Tensor input) => nn.functional.linear(input, _kernel.reshape(_inputs, -1).transpose(0, 1), _bias.reshape(-1));

    private protected override void Draw(Generator generator)
    {
        ParameterValues.XavierUniform(_kernel, _inputs, generator);
        ParameterValues.Normal(_bias, _biasDeviation, generator);
    }
}
