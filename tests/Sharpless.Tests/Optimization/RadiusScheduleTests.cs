using Sharpless.Optimization;

namespace Sharpless.Tests.Optimization;

public class RadiusScheduleTests
{
    [Theory]
    [InlineData(0.0, 0.5, 1, 0.2)]
    [InlineData(0.0, 0.5, 100, 0.2)]    // both ends belong to the window
    [InlineData(0.0, 0.5, 101, 0.0)]
    [InlineData(0.25, 1.0, 49, 0.0)]
    [InlineData(0.25, 1.0, 50, 0.2)]
    [InlineData(0.25, 1.0, 200, 0.2)]
    [InlineData(0.0, 1.0, 0, 0.2)]      // the look before the first step
    [InlineData(0.25, 1.0, 0, 0.0)]
    public void The_window_has_both_its_ends(double start, double end, long epoch, double expected) =>
        Assert.Equal(expected, new RadiusSchedule { Rho = 0.2, Start = start, End = end, Epochs = 200 }.At(epoch, learningRate: 0.05));

    [Theory, InlineData(0.1, 0.2), InlineData(0.001, 0.002)]
    public void The_radius_may_follow_the_learning_rate(double learningRate, double expected) =>
        Assert.Equal(expected, new RadiusSchedule { LearningRateMultiple = 2, Epochs = 10 }.At(3, learningRate), tolerance: 1e-15);
}
