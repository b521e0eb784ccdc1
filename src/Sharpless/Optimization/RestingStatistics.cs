using Sharpless.Torch.Modules;

namespace Sharpless.Optimization;

/// <summary>Holds the running statistics of a model's batch norms still, until disposed: then each layer moves them again if it did before.</summary>
internal sealed class RestingStatistics : IDisposable
{
    private readonly List<BatchNorm> _layers;

    internal RestingStatistics(Module model)
    {
        _layers = [.. model.All().OfType<BatchNorm>().Where(layer => layer.MovesStatistics)];
        foreach (BatchNorm layer in _layers) layer.MovesStatistics = false;
    }

    public void Dispose()
    {
        foreach (BatchNorm layer in _layers) layer.MovesStatistics = true;
    }
}
