using Sharpless.Contrastive;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Tests.Contrastive;

public class StatelessAdamTests
{
    [Fact]
    public void Every_step_is_the_sign_of_the_gradient_times_the_learning_rate()
    {
        using var scope = NewDisposeScope();
        double[] actual = Steps(weights => new StatelessAdam(weights)), stateful = Steps(weights => new Adam(weights, new AdamOptions()));
        for (int i = 0; i < Start.Length; i++)
        {
            double w = Start[i];
            foreach (double[] gradient in Gradients) w -= Rate * gradient[i] / (Math.Abs(gradient[i]) + 1e-8);
            Assert.Equal(w, actual[i], tolerance: 1e-6);
        }

        // The first step of both is the same, the second is not: the means of Adam have seen the first gradient.
        Assert.True(Math.Abs(actual[1] - stateful[1]) > 1e-3, $"{actual[1]} and {stateful[1]}");
    }

    private const double Rate = 0.01;

    private static readonly double[] Start = [1, -2, 0.5];

    private static readonly double[][] Gradients = [[3, -4, 0], [-0.5, 1e-3, 0], [7, 2, 0]];

    private static double[] Steps(Func<WeightSpace, BaseOptimizer> create)
    {
        var model = new Linear(3, 1, bias: false);
        using (no_grad()) model.Weight.copy_(Tensor.From(Start, 1, 3));
        using var weights = new WeightSpace(model, Precision.Float32);
        using BaseOptimizer optimizer = create(weights);
        optimizer.LearningRate = Rate;
        foreach (double[] gradient in Gradients)
        {
            weights.ZeroGradient();
            (model.forward(Tensor.From(Array.ConvertAll(gradient, value => (float)value), 1, 3)).sum()).Backward();
            optimizer.Descend();
        }

        return weights.MasterOf(weights.Slots[0]).To(ScalarType.Float64).ToArray<double>();
    }
}
