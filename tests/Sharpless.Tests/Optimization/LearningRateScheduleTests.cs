using Sharpless.Optimization;

namespace Sharpless.Tests.Optimization;

public class LearningRateScheduleTests
{
    // Expected values by hand from the formulas of the published schedules, L = 0.1, N = 200.
    [Theory]
    [InlineData("constant", 150, 0.1)]
    [InlineData("piecewise", 99.9, 0.1)]
    [InlineData("piecewise", 100, 0.01)]
    [InlineData("piecewise", 150, 0.001)]
    [InlineData("cosine", 50, 0.08535533905932738)]
    [InlineData("cosine", 200, 0)]
    [InlineData("cyclic", 40, 0.05)]
    [InlineData("cyclic", 80, 0.1)]
    [InlineData("cyclic", 140, 0.05)]
    [InlineData("cyclic", 200, 0)]
    [InlineData("piecewise_05epochs", 99, 0.1)]
    [InlineData("piecewise_05epochs", 100, 0.01)]
    [InlineData("piecewise_05epochs", 180, 0.001)]
    [InlineData("piecewise_01epochs", 19, 0.1)]
    [InlineData("piecewise_01epochs", 20, 0.002)]
    [InlineData("piecewise_03epochs", 60, 0.006)]
    [InlineData("piecewise_03epochs", 180, 0.0006)]
    [InlineData("constant", -0.5, 0.1)]
    public void Published_schedules_give_their_values(string name, double epoch, double expected) =>
        Assert.Equal(expected, new LearningRateSchedule { Name = name, Maximum = 0.1, Epochs = 200 }.At(epoch), tolerance: 1e-12);

    [Theory]
    [InlineData(2.0, 1.0, 50, 0.15)]        // half of the way to F at half of the run
    [InlineData(2.0, 1.0, 100, 0.02)]       // 2s F L / 10 with s = 0.5
    [InlineData(1.0, 1.02, 50, 0.1640606)]  // L E^(100u), u = 0.25
    [InlineData(1.0, 1.02, 100, 0.0269159)] // L E^50 / 10
    [InlineData(1.0, 0.5, 50, 0.6)]         // L (1 + (100u)^E)
    [InlineData(1.0, 0.5, -1, 0.1)]         // before the start as at the start, where the published formula is a complex number
    public void The_first_phase_grows_as_published(double factor, double exponent, double epoch, double expected) =>
        Assert.Equal(
            expected,
            new LearningRateSchedule { Name = "piecewise_05epochs", Maximum = 0.1, Epochs = 200, WarmupFactor = factor, WarmupExponent = exponent }.At(epoch),
            tolerance: 1e-7);

    [Fact]
    public void An_unknown_schedule_lists_the_known_ones() =>
        Assert.Contains("cosine", Assert.Throws<ArgumentException>(() => new LearningRateSchedule { Name = "sawtooth" }.At(0)).Message, StringComparison.Ordinal);
}
