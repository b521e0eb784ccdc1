namespace Sharpless.Torch;

/// <summary>
/// Until it ends, tensors belong to no dispose scope: for objects that own tensors and are made inside a scope that they
/// outlive.
/// </summary>
public sealed class Outside : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    /// <summary>What was made meanwhile stays, and is its owner's.</summary>
    public void Dispose()
    {
        _scope.Detach(_scope.DisposablesView);
        _scope.Dispose();
    }
}
