using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Analysis;

/// <summary>
/// The mean loss over some examples as a function of the weights, with the model in evaluation mode: batch norm uses its running statistics
/// and leaves them alone, dropout is off. So it is one fixed function, the same at every call.
/// </summary>
public sealed class LossSurface
{
    private readonly nn.Module _model;
    private readonly IReadOnlyList<SurfaceBatch> _batches;
    private readonly Func<Tensor, Tensor, Tensor> _loss;
    private readonly CancellationToken _cancel;

    /// <summary>The surface of some examples.</summary>
    /// <param name="model">Stands at the point of <paramref name="weights"/>.</param>
    /// <param name="weights">Where the weights lie. Float32, unless the rounding of bfloat16 is what is looked at: perturbations below it vanish.</param>
    /// <param name="batches">The examples, one or more batches.</param>
    /// <param name="loss">Mean loss over a batch from its logits [B, K] Float64 and labels [B] Int64; null for cross entropy.</param>
    /// <param name="cancel">Stops whatever is measured on the surface at its next batch: sharpness, eigenvalues and trace of the Hessian.</param>
    /// <exception cref="ArgumentException">No batch, or one without examples.</exception>
    public LossSurface(
        nn.Module model, WeightSpace weights, IReadOnlyList<SurfaceBatch> batches, Func<Tensor, Tensor, Tensor>? loss = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(batches);
        if (batches.Count == 0 || batches.Any(batch => batch.Labels.Count == 0)) throw new ArgumentException("A loss surface needs at least one batch, and at least one example in each.", nameof(batches));
        (_model, Weights, _batches, _loss, _cancel) = (model, weights, batches, loss ?? ((logits, labels) => nn.functional.cross_entropy(logits, labels)), cancel);
        Examples = batches.Sum(batch => (long)batch.Labels.Count);
    }

    /// <summary>The weights that it is a function of.</summary>
    public WeightSpace Weights { get; }

    /// <summary>N, the number of examples.</summary>
    public long Examples { get; }

    /// <summary>Loss and error at the point where the model stands.</summary>
    public SurfacePoint Measure()
    {
        using IDisposable off = no_grad();
        return Visit((_, _) => { });
    }

    /// <summary>Loss and error at the point where the model stands; the gradient of the loss there lies in the weight space afterwards.</summary>
    public SurfacePoint Gradient() => Gradient(null);

    /// <param name="targets">Where given, the gradient is that of minus the loss towards these labels instead; one list for each batch.</param>
    internal SurfacePoint Gradient(IReadOnlyList<long[]>? targets)
    {
        using IDisposable on = enable_grad();
        Weights.ZeroGradient();
        int batch = 0;
        return Visit((logits, loss) =>
        {
            // The gradient adds up over the batches.
            Tensor objective = targets is null ? loss : _loss(logits, Labels(targets[batch], logits)) * -Share(targets[batch].Length);
            objective.Backward();
            batch++;
        });
    }

    /// <summary>Product of the Hessian of the loss, at the point where the model stands, with a vector: the gradient of g · v, by a second backward pass.</summary>
    /// <param name="vector">v, one flat Float32 tensor for each segment.</param>
    /// <param name="product">Becomes H v.</param>
    internal void MultiplyByHessian(IReadOnlyList<Tensor> vector, IReadOnlyList<Tensor> product)
    {
        using IDisposable on = enable_grad();
        Dictionary<string, Tensor> parameters = _model.Parameters().ToDictionary(item => item.Name, item => (Tensor)item.Parameter);
        Tensor[] leaves = [.. Weights.Slots.Select(slot => parameters[slot.Name])];
        foreach (Tensor part in product) part.fill_(0);
        Visit((_, loss) =>
        {
            Tensor?[] gradients = loss.Gradients(leaves, createGraph: true);
            Tensor?[] terms = [.. Weights.Slots.Select((slot, i) => gradients[i] is { } gradient ? (gradient.To(ScalarType.Float32) * slot.View(vector[slot.Segment])).sum() : null)];
            Tensor projection = terms.OfType<Tensor>().Aggregate((sum, term) => sum + term);
            if (!projection.requires_grad) return; // a loss that is linear in the weights has no second derivative
            Tensor?[] second = projection.Gradients(leaves);
            using IDisposable off = no_grad();
            for (int i = 0; i < leaves.Length; i++)
            {
                WeightSlot slot = Weights.Slots[i];
                if (second[i] is { } column) slot.View(product[slot.Segment]).add_(column.To(ScalarType.Float32));
            }
        });
    }

    /// <summary>Labels for each batch that are wrong, each drawn evenly from the other classes.</summary>
    internal IReadOnlyList<long[]> WrongLabels(Generator generator)
    {
        using var scope = NewDisposeScope();
        using IDisposable off = no_grad();
        return WithEvaluation(() => (IReadOnlyList<long[]>)[.. _batches.Select(batch =>
        {
            using var step = NewDisposeScope();
            long classes = batch.Logits().size(1);
            if (classes < 2) throw new InvalidOperationException("There is no wrong label where the model has one class.");
            Tensor uniform = Tensor.Empty([batch.Labels.Count], ScalarType.Float64);
            uniform.uniform_(0, 1, generator);
            double[] draws = uniform.ToArray<double>();
            return draws.Select((draw, i) => (batch.Labels[i] + 1 + Math.Min((long)(draw * (classes - 1)), classes - 2)) % classes).ToArray();
        })]);
    }

    // Runs all batches; look gets the Float64 logits of each, and what it contributes to the mean loss.
    private SurfacePoint Visit(Action<Tensor, Tensor> look) => WithEvaluation(() =>
    {
        double loss = 0, wrong = 0;
        foreach (SurfaceBatch batch in _batches)
        {
            _cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            // Float64 from here on: the differences that sharpness is made of are small beside the loss.
            Tensor logits = batch.Logits().To(ScalarType.Float64), labels = Labels(batch.Labels, logits);
            Tensor contribution = _loss(logits, labels) * Share(batch.Labels.Count);
            using (no_grad())
            {
                loss += contribution.Item();
                wrong += batch.Labels.Count - logits.argmax(1).eq(labels).sum().Item();
            }

            look(logits, contribution);
        }

        return new SurfacePoint(loss, wrong / Examples);
    });

    private double Share(int examples) => (double)examples / Examples;

    private T WithEvaluation<T>(Func<T> body)
    {
        using var before = RememberedState.Of(_model);
        _model.train(false);
        return body();
    }

    private static Tensor Labels(IReadOnlyList<long> labels, Tensor logits) => Tensor.From([.. labels]).To(logits.device);
}
