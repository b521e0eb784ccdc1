namespace Sharpless.Torch.Modules;

/// <summary>
/// What a module is besides its weights, and where libtorch's default generator of the CPU stands: given back when it ends, so that what was done in between
/// leaves no trace. Whoever only looks at a model that trains (evaluates, measures, averages) looks inside one of these.
/// </summary>
/// <remarks>It holds the modes of all parts (training or evaluation), the settings of batch norm, all buffers, and the state of the generator.</remarks>
public sealed class RememberedState : IDisposable
{
    private readonly List<(nn.Module Module, bool IsTraining)> _modes = [];
    private readonly List<(BatchNorm Layer, double Momentum, bool Moves, bool IsFrozen)> _norms = [];
    private readonly List<(Tensor Buffer, Tensor Before)> _buffers = [];
    private readonly Tensor _generator;
    private bool _givesBack = true, _givesBuffersBack = true;

    private RememberedState(nn.Module model)
    {
        using var outside = new Outside();
        using IDisposable off = no_grad();
        foreach (nn.Module module in model.All())
        {
            _modes.Add((module, module.training));
            if (module is BatchNorm layer) _norms.Add((layer, layer.Momentum, layer.MovesStatistics, layer.IsFrozen));
        }

        foreach ((_, Tensor buffer) in model.Buffers()) _buffers.Add((buffer, buffer.clone()));
        _generator = Generator.DefaultState();
    }

    /// <summary>Remembers a model as it is now. End it with <c>using</c>.</summary>
    public static RememberedState Of(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new RememberedState(model);
    }

    /// <summary>What the buffers have become stays: batch-norm statistics that were moved on purpose. All else is still given back.</summary>
    public void KeepBuffers() => _givesBuffersBack = false;

    /// <summary>All stays as it has become: what was done has succeeded.</summary>
    public void Keep() => _givesBack = false;

    /// <summary>Gives back what is not to be kept.</summary>
    public void Dispose()
    {
        if (_givesBack)
        {
            // The outer before the inner: each sets all that it holds.
            foreach ((nn.Module module, bool isTraining) in _modes) module.train(isTraining);
            foreach ((BatchNorm layer, double momentum, bool moves, bool isFrozen) in _norms)
            {
                (layer.Momentum, layer.MovesStatistics, layer.IsFrozen) = (momentum, moves, isFrozen);
            }

            using IDisposable off = no_grad();
            if (_givesBuffersBack) foreach ((Tensor buffer, Tensor before) in _buffers) buffer.copy_(before);
            Generator.SetDefaultState(_generator);
        }

        foreach ((_, Tensor before) in _buffers) before.Dispose();
        _generator.Dispose();
        _givesBack = false;
    }
}
