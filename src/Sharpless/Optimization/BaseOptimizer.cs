using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>Takes the descent step: moves the master weights by a gradient, whichever point that gradient was taken at.</summary>
public abstract class BaseOptimizer : IDisposable
{
    /// <summary>Learning rate of the next step; schedules set it.</summary>
    public double LearningRate { get; set; }

    /// <summary>State that a checkpoint must hold besides the weights, by name: flat Float32 vectors, one for each segment.</summary>
    public abstract IReadOnlyDictionary<string, Tensor[]> State { get; }

    /// <summary>w = descent(w, g), and the point becomes the new w.</summary>
    /// <param name="weights">The space that this optimizer was made for.</param>
    public abstract void Descend(WeightSpace weights);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor vector in State.Values.SelectMany(vectors => vectors)) vector.Dispose();
        GC.SuppressFinalize(this);
    }
}
