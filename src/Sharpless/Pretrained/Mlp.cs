using Sharpless.Kernels;
using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Two layers with GELU between them.</summary>
internal sealed class Mlp : CheckpointModule
{
    private const double BiasDeviation = 1e-6;
    private readonly GeluForm _gelu;
    private readonly Dense _hidden;
    private readonly Dense _output;

    /// <param name="width">Of input and output.</param>
    /// <param name="hidden">Units between.</param>
    /// <param name="gelu">Form of the activation.</param>
    internal Mlp(int width, int hidden, GeluForm gelu)
    {
        _gelu = gelu;
        _hidden = this.Register("Dense_0", new Dense([width], [hidden], BiasDeviation));
        _output = this.Register("Dense_1", new Dense([hidden], [width], BiasDeviation));
    }

    /// <summary>[..., width] to the same shape; records preact, gelu and mlp.</summary>
    /// <param name="input">What is passed through.</param>
    /// <param name="taps">Records.</param>
    /// <param name="scale">[width], a factor of the output; null for none.</param>
    internal Tensor forward(Tensor input, LayerRecorder taps = default, Tensor? scale = null)
    {
        Tensor preactivation = taps.Record(LayerTaps.Preactivation, _hidden.forward(input));
        Tensor activation = taps.Record(LayerTaps.Activation, Activate(preactivation));
        Tensor output = _output.forward(activation);
        return taps.Record(LayerTaps.Mlp, scale is null ? output : output * scale);
    }

    private Tensor Activate(Tensor x) => _gelu switch
    {
        GeluForm.Tanh => Fused.Gelu(x, byTanh: true),
        GeluForm.Exact => Fused.Gelu(x),
        GeluForm.Quick => x * (x * 1.702).sigmoid(),
        _ => throw new InvalidOperationException($"Bug in Sharpless: {_gelu} is no form of GELU."),
    };
}
