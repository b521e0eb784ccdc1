using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Optimization;

/// <summary>In which of SAM's two passes batch norm moves its running statistics. Both passes normalize with those of the batch.</summary>
public enum StatisticsPass
{
    /// <summary>At w only: the statistics describe the weights that are kept.</summary>
    First,
    /// <summary>At w + ε(w) only.</summary>
    Second,
    /// <summary>In both, as the published training does.</summary>
    Both,
}

/// <summary>The batch norms of a model: switches their statistics between the passes of a step, and takes a failed step back.</summary>
internal sealed class BatchNormStatistics(Module model) : IDisposable
{
    private readonly List<BatchNorm> _layers = [.. model.All().OfType<BatchNorm>()];
    private readonly List<(Tensor Buffer, Tensor Before)> _copies = [.. model.Buffers().Select(item => (item.Buffer, item.Buffer.Clone()))];

    internal bool Move
    {
        set
        {
            foreach (BatchNorm layer in _layers) layer.MovesStatistics = value;
        }
    }

    internal void Remember()
    {
        foreach ((Tensor buffer, Tensor before) in _copies) before.CopyInPlace(buffer);
    }

    internal void TakeBack()
    {
        foreach ((Tensor buffer, Tensor before) in _copies) buffer.CopyInPlace(before);
    }

    public void Dispose()
    {
        foreach ((_, Tensor before) in _copies) before.Dispose();
    }
}
