
namespace Sharpless.Torch.Modules;

/// <summary>A layer that multiplies its input with one weight: every output position takes each element of the weight once.</summary>
public abstract class WeightLayer : Layer
{
    /// <summary>[outputs, ...].</summary>
    public abstract Parameter Weight { get; }

    /// <summary>Told of the output of every forward pass, [B, outputs, ...] of a convolution and [..., outputs] of a linear layer; null for nobody. For measurements that need the real sizes.</summary>
    public Action<Tensor>? OutputObserver { get; set; }

    /// <summary>Shows an output to the observer.</summary>
    /// <returns>The same tensor.</returns>
    protected Tensor Observed(Tensor output)
    {
        OutputObserver?.Invoke(output);
        return output;
    }
}
