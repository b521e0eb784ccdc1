using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>
/// Gradients of single examples side by side: one row for each example, the gradient of the logit of a random class in all weights, of which a
/// fixed random sample of coordinates is kept. The code published with arXiv:2305.16292 has it switched off.
/// </summary>
/// <param name="Spectrum">Singular values of the rows [N, coordinates], not centered, and the ranks that follow from them.</param>
/// <param name="Frobenius">Square root of the sum of all squared gradients, of all live weights, over N.</param>
/// <param name="Examples">N.</param>
/// <param name="Coordinates">Weights whose gradients were kept.</param>
public sealed record GradientMatrix(FeatureSpectrum Spectrum, double Frobenius, int Examples, int Coordinates)
{
    /// <summary>Examples of the published code.</summary>
    public const int PublishedExamples = 200;

    /// <summary>Coordinates of the published code.</summary>
    public const int PublishedCoordinates = 1000;


    /// <summary>Computes the matrix with the model in evaluation mode.</summary>
    /// <param name="model">Stands at w.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="logits">One function for each example, which runs it through the model: [1, K].</param>
    /// <param name="coordinates">Weights whose gradients are kept; all live ones where there are fewer.</param>
    /// <param name="generator">Draws coordinates and classes.</param>
    /// <param name="progress">Told the done share, 0 to 1.</param>
    /// <param name="cancel">Stops at the next example.</param>
    /// <exception cref="ArgumentException">No example, or no coordinate.</exception>
    /// <exception cref="InvalidDataException">A gradient is not finite.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static GradientMatrix Of(
        nn.Module model, WeightSpace weights, IReadOnlyList<Func<Tensor>> logits, int coordinates, Generator generator, IProgress<double>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(logits);
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentOutOfRangeException.ThrowIfLessThan(coordinates, 1);
        if (logits.Count == 0) throw new ArgumentException("A gradient matrix needs at least one example.", nameof(logits));
        using var scope = NewDisposeScope();
        Tensor[] sample = Sample(weights, coordinates, generator);
        long kept = sample.Sum(part => part.NumberOfElements);
        using var rows = new FeatureStore(logits.Count, kept);
        double squares = 0;
        using var before = RememberedState.Of(model);
        model.train(false);
        for (int example = 0; example < logits.Count; example++)
        {
            cancel.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            using IDisposable on = enable_grad();
            weights.ZeroGradient();
            Tensor outputs = logits[example]();
            outputs.select(1, (long)(Uniform(generator) * outputs.size(1))).sum().Backward();
            squares += Math.Pow(weights.GradientNorm(), 2);
            rows.Append(cat([.. weights.Segments.Select((segment, i) => segment.Gradient.To(ScalarType.Float32).index_select(0, sample[i]))]).reshape(1, kept));
            progress?.Report((example + 1.0) / logits.Count);
        }

        return new GradientMatrix(FeatureSpectrum.Of(rows, Centering.None, cancel: cancel), Math.Sqrt(squares) / logits.Count, logits.Count, (int)kept);
    }

    // Indices into each segment: an even draw from all live weights.
    private static Tensor[] Sample(WeightSpace weights, int count, Generator generator)
    {
        using IDisposable off = no_grad();
        Tensor[] live = WeightScale.Of(weights, new Neighbourhood());
        long[][] places = [.. live.Select(part => part.nonzero().reshape(-1).ToArray<long>())];
        foreach (Tensor part in live) part.Dispose();
        long all = places.Sum(part => (long)part.Length);
        long[] drawn = randperm(all, generator: generator).ToArray<long>()[..(int)Math.Min(all, count)];
        Array.Sort(drawn);
        var sample = new Tensor[places.Length];
        long first = 0;
        for (int i = 0; i < places.Length; first += places[i++].Length)
        {
            long start = first;
            long[] part = places[i];
            sample[i] = Tensor.From([.. drawn.Where(place => place >= start && place < start + part.Length).Select(place => part[place - start])]).To(weights.Segments[i].Master.device);
        }

        return sample;
    }

    private static double Uniform(Generator generator)
    {
        Tensor number = Tensor.Empty([1], ScalarType.Float64);
        number.uniform_(0, 1, generator);
        return number.Item();
    }
}
