using Sharpless.Data;
using Sharpless.Experiments.Sparse;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Experiments.Sparse;

public sealed class TheoryCheckTests : IDisposable
{
    private readonly TinyImages _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Along_the_gradient_the_loss_rises_as_predicted_and_beats_every_random_direction()
    {
        TheoryCheck check = Check(directions: 200, rho: 0.05);
        Assert.Equal((200, 200), (check.Random.N, check.Random.Beaten));
        Assert.True(check.Random.Max < check.LossAlongPerturbation && check.Random.Mean <= check.Random.Max);
        Assert.InRange(check.Random.StandardDeviation, 1e-6, check.LossAlongPerturbation - check.Loss);

        // What is left of the ratio is of second order, so it falls with rho, until float32 shows.
        double[] distances = [.. check.FirstOrder.Select(item => Math.Abs(item.Ratio - 1))];
        string ratios = string.Join(' ', check.FirstOrder.Select(item => $"{item.Rho}: {item.Ratio}"));
        Assert.True(distances[0] > 0.02 && distances[2] < 0.05 && distances[4] < 0.005 && distances[^1] < 0.01, ratios);
    }

    [Fact]
    public void Losses_and_prediction_are_those_of_the_obvious_version()
    {
        using var scope = NewDisposeScope();
        TheoryCheck check = Check(directions: 1, rho: 0.1);
        SparseLab lab = _tiny.Lab(_tiny.Options);
        SparseNetwork network = lab.Dense(0, 0).Network;
        network.HoldBatchNormStatistics();
        Batch batch = lab.FirstBatch(0, Precision.Float32);

        // The gradient of every parameter by itself, their norm in float64, every weight moved by hand.
        Tensor loss = network.Loss(batch);
        Tensor[] parameters = [.. network.Model.Parameters().Select(item => item.Parameter)];
        float[][] gradients = [.. loss.Gradients(parameters).Select(gradient => gradient!.ToArray<float>())];
        double norm = Math.Sqrt(gradients.Sum(gradient => gradient.Sum(value => (double)value * value)));
        Assert.Equal(norm * 0.1, check.FirstOrder[0].Predicted, 1e-6);
        Assert.Equal(loss.Item(), check.Loss, 1e-6);
        using (no_grad())
        {
            for (int i = 0; i < parameters.Length; i++) parameters[i].add_(Tensor.From(gradients[i], parameters[i].shape), 0.1 / norm);
        }

        Assert.Equal(network.Loss(batch).Item(), check.LossAlongPerturbation, 1e-6);
        Assert.Equal(check.LossAlongPerturbation - check.Loss, check.FirstOrder[0].Increase, 1e-12);
    }

    private TheoryCheck Check(int directions, double rho)
    {
        using var scope = NewDisposeScope();
        SparseLab lab = _tiny.Lab(_tiny.Options);
        return TheoryCheck.Of(lab.Dense(0, 0).Network, lab.FirstBatch(0, Precision.Float32), seed: 0, rho, directions, new SparseWork(null, CancellationToken.None));
    }
}
