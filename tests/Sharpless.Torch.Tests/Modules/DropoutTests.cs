using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

public class DropoutTests
{
    private const int Count = 100_000;

    [Theory, InlineData(0.1), InlineData(0.6)]
    public void Training_drops_the_share_and_scales_up_the_rest(double rate)
    {
        using var scope = NewDisposeScope();
        Runtime.Seed(1);
        float[] values = new Dropout(rate).forward(full([Count], 3, ScalarType.Float32)).ToArray<float>();
        Assert.All(values, value => Assert.True(value == 0 || Math.Abs(value - (3 / (1 - rate))) < 1e-5, $"{value}"));
        // A binomial share varies by sqrt(p (1 - p) / n); six of that.
        Assert.Equal(rate, values.Count(value => value == 0) / (double)Count, 6 * Math.Sqrt(rate * (1 - rate) / Count));
    }

    [Fact]
    public void The_gradient_goes_through_what_was_kept()
    {
        using var scope = NewDisposeScope();
        Tensor input = full([1000], 1, ScalarType.Float32);
        input.requires_grad = true;
        Tensor output = new Dropout(0.5).forward(input);
        output.sum().Backward();
        Assert.Equal(output.ToArray<float>(), input.grad!.ToArray<float>());
    }

    [Fact]
    public void The_seed_decides_each_pass_draws_anew_and_a_saved_state_goes_on()
    {
        using var scope = NewDisposeScope();
        var dropout = new Dropout(0.5);
        Tensor ones = full([1000], 1, ScalarType.Float32);
        Runtime.Seed(7);
        float[] first = Pass();
        Tensor state = Generator.DefaultState();
        float[] second = Pass();
        Assert.NotEqual(first, second);
        Generator.SetDefaultState(state);
        Assert.Equal(second, Pass());
        Runtime.Seed(7);
        Assert.Equal(first, Pass());
        Runtime.Seed(8);
        Assert.NotEqual(first, Pass());

        float[] Pass() => dropout.forward(ones).ToArray<float>();
    }

    [Fact]
    public void Evaluation_and_rate_0_change_and_draw_nothing()
    {
        using var scope = NewDisposeScope();
        Tensor input = arange(0, 50, ScalarType.Float32);
        Runtime.Seed(3);
        byte[] before = Generator.DefaultState().ToArray<byte>();
        var evaluated = new Dropout(0.5);
        evaluated.train(false);
        Assert.Equal(input.ToArray<float>(), evaluated.forward(input).ToArray<float>());
        Assert.Equal(input.ToArray<float>(), new Dropout(0).forward(input).ToArray<float>());
        Assert.Equal(before, Generator.DefaultState().ToArray<byte>());
    }

    [Theory, InlineData(-0.1), InlineData(1), InlineData(double.NaN)]
    public void Rates_out_of_range_are_refused(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => new Dropout(rate));
}
