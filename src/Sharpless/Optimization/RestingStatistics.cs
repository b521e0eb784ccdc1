using Sharpless.Torch;
using Sharpless.Torch.Modules;

namespace Sharpless.Optimization;

/// <summary>Holds the running statistics of a model's batch norms still, until disposed: then each layer moves them again if it did before.</summary>
internal sealed class RestingStatistics : IDisposable
{
    private readonly List<BatchNorm> _layers;
    private readonly List<(Tensor Buffer, Tensor Before)> _buffers = [];

    internal RestingStatistics(nn.Module model)
    {
        _layers = [.. model.All().OfType<BatchNorm>().Where(layer => layer.MovesStatistics)];
        foreach (BatchNorm layer in _layers) layer.MovesStatistics = false;
        // Layers that are not ours have no such switch: what they write is taken back.
        using var outside = new Outside();
        using IDisposable off = no_grad();
        foreach ((_, Tensor buffer) in model.All().Where(layer => layer is not BatchNorm && layer.training).SelectMany(layer => layer.named_buffers(recurse: false)))
        {
            _buffers.Add((buffer, buffer.clone()));
        }
    }

    public void Dispose()
    {
        foreach (BatchNorm layer in _layers) layer.MovesStatistics = true;
        using IDisposable off = no_grad();
        foreach ((Tensor buffer, Tensor before) in _buffers)
        {
            buffer.copy_(before);
            before.Dispose();
        }
    }
}
