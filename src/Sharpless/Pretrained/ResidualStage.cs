using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Pretrained;

/// <summary>Residual units one after another; the first one may halve the image.</summary>
internal sealed class ResidualStage : CheckpointModule
{
    private readonly List<ResidualUnit> _units = [];

    internal ResidualStage(long inputs, long width, int units, long stride)
    {
        _units.Add(this.Register("unit1", new ResidualUnit(inputs, width, stride)));
        for (int unit = 2; unit <= units; unit++) _units.Add(this.Register($"unit{unit}", new ResidualUnit(ResidualUnit.Expansion * width, width, stride: 1)));
    }

    /// <summary>[B, inputs, H, W] to [B, 4 width, H / stride, W / stride].</summary>
    internal Tensor forward(Tensor x) => _units.Aggregate(x, (input, unit) => unit.forward(input));
}
