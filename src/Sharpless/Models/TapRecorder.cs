using Sharpless.Torch;

namespace Sharpless.Models;

/// <summary>Collects the activations at the taps that are asked for, during one forward pass.</summary>
/// <param name="wanted">Names of taps.</param>
/// <param name="reduce">What is kept of an activation, such as one token of all; null keeps it whole.</param>
public sealed class TapRecorder(IReadOnlyCollection<string> wanted, Func<Tensor, Tensor>? reduce = null)
{
    private readonly Dictionary<string, Tensor> _activations = [];

    /// <summary>Activations by tap, first dimension B. They belong to the scope of the forward pass.</summary>
    public IReadOnlyDictionary<string, Tensor> Activations => _activations;

    /// <summary>Whether a pass may end at the last wanted tap, because nobody reads the logits.</summary>
    internal bool EndsPass { get; init; }

    internal bool Wants(string tap) => wanted.Contains(tap);

    /// <summary>Moves what was recorded inside a scope to the next outer one.</summary>
    internal void KeepFrom(DisposeScope scope)
    {
        foreach (Tensor activation in _activations.Values) scope.MoveToOuter(activation);
    }

    /// <summary>Offers an activation.</summary>
    /// <returns>Whether the pass ends here.</returns>
    internal bool Record(string tap, Tensor activation)
    {
        if (Wants(tap)) _activations[tap] = reduce?.Invoke(activation) ?? activation;
        return EndsPass && _activations.Count == wanted.Count;
    }
}
