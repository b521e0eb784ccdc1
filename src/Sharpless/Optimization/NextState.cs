using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// What a step would leave for the next one in the state of its algorithm, held apart until the step is sure. Of a step of several parts it is the mean of what
/// each part alone would leave.
/// </summary>
internal sealed class NextState : IDisposable
{
    private readonly Dictionary<IReadOnlyList<Tensor>, WeightVector> _values = [];

    /// <summary>Whether all of it is finite.</summary>
    internal bool IsFinite => _values.Values.All(vector => vector.Segments.All(segment => segment.AllFinite()));

    /// <summary>Takes in what one part would leave.</summary>
    /// <param name="state">The tensors of the state, the same ones for each part.</param>
    /// <param name="value">What they would become.</param>
    /// <param name="share">1 / number of parts.</param>
    internal void Add(IReadOnlyList<Tensor> state, WeightVector value, double share)
    {
        if (_values.TryGetValue(state, out WeightVector? sum))
        {
            sum.AddInPlace(value, share);
            return;
        }

        using var outside = new Outside();                               // the part ends before the step does
        _values[state] = value * share;
    }

    /// <summary>The state and what is held here change places. A second time takes that back.</summary>
    internal void Exchange()
    {
        using var scope = NewDisposeScope();
        foreach ((IReadOnlyList<Tensor> state, WeightVector value) in _values)
        {
            for (int i = 0; i < state.Count; i++)
            {
                Tensor before = state[i].clone();
                state[i].copy_(value.Segments[i]);
                value.Segments[i].copy_(before);
            }
        }
    }

    public void Dispose()
    {
        foreach (Tensor segment in _values.Values.SelectMany(vector => vector.Segments)) segment.Dispose();
    }
}
