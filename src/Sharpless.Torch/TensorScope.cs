namespace Sharpless.Torch;

/// <summary>
/// Frees, when it ends, every tensor made on this thread since it began, but for those that were kept. Scopes nest; none may span an
/// <c>await</c>. The trainer opens one for each step.
/// </summary>
public sealed class TensorScope : IDisposable
{
    [ThreadStatic]
    private static TensorScope? _current;

    private readonly TensorScope? _outer = _current;
    private readonly bool _holds;
    private readonly List<Tensor> _tensors = [];
    private bool _ended;

    private TensorScope(bool holds)
    {
        _holds = holds;
        _current = this;
    }

    /// <summary>Opens a scope; end it with <c>using</c>.</summary>
    public static TensorScope Begin() => new(holds: true);

    /// <summary>Until it ends, tensors belong to no scope: for objects that own tensors and are made inside a scope that they outlive.</summary>
    public static TensorScope Outside() => new(holds: false);

    /// <summary>Moves a tensor to the next outer scope (or to no scope: then its owner disposes it).</summary>
    /// <returns>The same tensor.</returns>
    public Tensor Keep(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Scope == this) Adopt(_outer, tensor);
        return tensor;
    }

    /// <summary>Frees what the scope holds.</summary>
    /// <exception cref="InvalidOperationException">A scope opened inside this one has not ended.</exception>
    public void Dispose()
    {
        if (_ended) return;
        if (_current != this) throw new InvalidOperationException("Tensor scopes must end in the order opposite to their begin; an inner scope is still open.");
        _ended = true;
        _current = _outer;
        foreach (Tensor tensor in _tensors)
        {
            if (tensor.Scope == this) tensor.Dispose();
        }
    }

    internal static void Register(Tensor tensor) => Adopt(_current, tensor);

    private static void Adopt(TensorScope? scope, Tensor tensor)
    {
        if (scope is { _holds: false }) scope = null;
        tensor.Scope = scope;
        scope?._tensors.Add(tensor);
    }
}
