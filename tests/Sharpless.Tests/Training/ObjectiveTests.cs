using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Tests.Models;
using Sharpless.Torch;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

/// <summary>The penalties inside the objective, and what of it they are.</summary>
public sealed class ObjectiveTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory, InlineData(0), InlineData(4), InlineData(13), InlineData(14)]
    public void The_penalty_of_vgg16_act_reg_is_on_all_its_relus_from_the_first_one_asked_for(int first)
    {
        const double Weight = 0.3;
        using var golden = new GoldenModel("vgg16-4-3-64-10");
        var weights = new WeightSpace(golden.Model, Precision.Float32);
        var batch = new TrainingBatch(golden.Images(), golden.Labels());
        var plain = new TrainOptions { Model = "vgg16_act_reg" };
        double loss = Value(plain, golden.Model, weights, batch).Objective;
        (double objective, double penalty) = Value(plain with { ActivationPenalty = Weight, ActivationPenaltyStart = first }, golden.Model, weights, batch);

        // tests/golden/models: the mean square of each of the fifteen ReLUs in PyTorch.
        double[] squares = golden.Numbers("relu_mean_square");
        Assert.Equal(15, squares.Length);
        double expected = Weight * squares.Skip(first).Sum();
        Assert.Equal(expected, penalty, 1e-5 * expected);
        Assert.Equal(loss + expected, objective, 1e-5 * (loss + expected));
    }

    [Fact]
    public void The_penalty_of_a_step_is_the_mean_over_its_parts_where_each_was_last_taken()
    {
        var options = new TrainOptions { Model = "fc", ModelWidth = 6, ActivationPenalty = 0.5, ActivationPenaltyBlock = 1, MicroBatches = 2 };
        using var generator = Generator.Seeded(1);
        Classifier model = ModelCatalog.Create("fc", new ModelShape(1, 4, 4, Classes: 3, Width: 6));
        model.Initialize(generator);
        var weights = new WeightSpace(model, Precision.Float32);
        Tensor images = Tensor.Empty([8, 1, 4, 4]);
        images.normal_(0, 1, generator);
        var objective = new Objective(options, model, weights);
        IReadOnlyList<BatchLoss> parts = objective.PartsOf(new TrainingBatch(images, Tensor.From<long>([0, 1, 2, 0, 1, 2, 0, 1])), null);

        foreach (BatchLoss part in parts) part.Descent();
        double atW = Penalty();
        Assert.Equal(atW, objective.Penalty, 1e-6 * atW);

        weights.MovePoint(weights.Constant(_ => 0.1f));
        foreach (BatchLoss part in parts) part.Descent();
        double moved = Penalty();
        Assert.NotEqual(atW, moved, 1e-3 * atW);
        Assert.Equal(moved, objective.Penalty, 1e-6 * moved);

        // 0.5 times the mean square of the activations, in float64.
        double Penalty()
        {
            var taps = new TapRecorder(["block1"]);
            model.forward(images, taps);
            return 0.5 * taps.Activations["block1"].To(ScalarType.Float64).ToArray<double>().Average(value => value * value);
        }
    }

    private static (double Objective, double Penalty) Value(TrainOptions options, Classifier model, WeightSpace weights, TrainingBatch batch)
    {
        var objective = new Objective(options, model, weights);
        return (objective.PartsOf(batch, null)[0].Descent().Item(), objective.Penalty);
    }
}
