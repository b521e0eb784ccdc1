using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization;

public class WeightAverageTests
{
    [Fact]
    public void The_average_follows_its_recurrence_and_is_shown_without_moving_w()
    {
        using var scope = NewDisposeScope();
        var model = new Parabola(2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var average = new WeightAverage(weights, 0.75);
        double expected = 2;
        foreach (double w in new[] { 4.0, -1.0, 0.5 })
        {
            weights.Segments[0].Master.fill_(w);
            average.Update();
            expected = (0.75 * expected) + (0.25 * w);
        }

        average.Show();
        Assert.Equal(expected, model.W, tolerance: 1e-6);
        weights.ReturnToMaster();
        Assert.Equal(0.5, model.W);
    }

    [Fact]
    public void What_is_pruned_is_0_in_the_average_at_once()
    {
        using var scope = NewDisposeScope();
        var model = new Parabola(2, 3);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var average = new WeightAverage(weights, 0.9);
        weights.SetMask(new Dictionary<string, Tensor> { ["w"] = Tensor.From([false, true]) });
        average.Update();
        average.Show();
        Assert.Equal([0, 3], model.Ws, (x, y) => Math.Abs(x - y) < 1e-6);
    }

    [Theory, InlineData(-0.1), InlineData(1.1), InlineData(double.NaN)]
    public void A_coefficient_out_of_range_is_refused(double decay)
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new Parabola(1), Precision.Float32);
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightAverage(weights, decay));
    }
}
