using Sharpless.Torch.Modules;

namespace Sharpless.Torch.Tests.Modules;

/// <summary>Group and layer normalization against their definitions, in float64.</summary>
public class NormalizationTests
{
    private const double Epsilon = 1e-5;

    [Theory]
    [InlineData(ScalarType.Float32, memory_format.contiguous_format, 1e-5)]
    [InlineData(ScalarType.Float32, memory_format.channels_last, 1e-5)]
    [InlineData(ScalarType.BFloat16, memory_format.channels_last, 0.02)] // bfloat16 keeps 8 bits, and the results are near 1
    public void Group_norm_takes_each_example_and_group_by_itself(ScalarType type, memory_format format, double tolerance)
    {
        using var scope = NewDisposeScope();
        Tensor input = Numbers(1, 2, 6, 3, 3).To(type).Contiguous(format), residual = Numbers(2, 2, 6, 3, 3).To(type).Contiguous(format);
        double[] sum = [.. Doubles(input).Zip(Doubles(residual), (a, b) => a + b)];
        var norm = new GroupNorm(3, 6);
        double[] scale = Draw(norm, "weight", 3), shift = Draw(norm, "bias", 4);
        double[] expected = new double[sum.Length];
        foreach (int[] group in Enumerable.Range(0, sum.Length).GroupBy(i => i / (2 * 9)).Select(group => group.ToArray()))
        {
            double mean = group.Average(i => sum[i]), variance = group.Average(i => (sum[i] - mean) * (sum[i] - mean));
            foreach (int i in group) expected[i] = ((sum[i] - mean) / Math.Sqrt(variance + Epsilon) * scale[i / 9 % 6]) + shift[i / 9 % 6];
        }

        foreach (double slope in new[] { 0, 0.2, 1 })
        {
            (Tensor activated, Tensor added) = norm.forward(input, residual, slope);
            Assert.Equal(type, activated.dtype);
            Close([.. expected.Select(value => value > 0 ? value : slope * value)], activated, tolerance);
            Close(sum, added, tolerance);
        }

        Close(Doubles(norm.forward(input, 1)), norm.forward(input, null, 1).Activated, 0);
        Close(Doubles(input), norm.forward(input, null, 1).Sum, 0);
    }

    [Fact]
    public void Batch_norm_in_training_refuses_a_single_value_for_each_channel()
    {
        var norm = new BatchNorm(2);
        string message = Assert.Throws<InvalidOperationException>(() => norm.forward(zeros([1, 2, 1, 1]), null, 1)).Message;
        Assert.Contains("[1, 2, 1, 1] holds one value for each channel", message, StringComparison.Ordinal);
        norm.forward(zeros([2, 2, 1, 1]), null, 1);
        norm.forward(zeros([1, 2, 1, 2]), null, 1);
        norm.IsFrozen = true;
        norm.forward(zeros([1, 2, 1, 1]), null, 1);
        norm.IsFrozen = false;
        norm.train(false);
        norm.forward(zeros([1, 2, 1, 1]), null, 1);
    }

    [Fact]
    public void Groups_that_do_not_divide_the_channels_are_refused()
    {
        string message = Assert.Throws<ArgumentException>(() => new GroupNorm(4, 6)).Message;
        Assert.Contains("6 channels cannot be shared out evenly among 4 groups", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new GroupNorm(0, 6));
    }

    [Theory, InlineData(ScalarType.Float32, 1e-5), InlineData(ScalarType.BFloat16, 0.02)]
    public void Layer_norm_takes_each_row_by_itself(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        Tensor input = Numbers(1, 2, 3, 5).To(type);
        double[] values = Doubles(input), expected = new double[values.Length];
        var norm = new LayerNorm(5);
        double[] scale = Draw(norm, "weight", 3), shift = Draw(norm, "bias", 4);
        for (int row = 0; row < values.Length; row += 5)
        {
            double mean = values[row..(row + 5)].Average(), variance = values[row..(row + 5)].Average(value => (value - mean) * (value - mean));
            for (int i = 0; i < 5; i++) expected[row + i] = ((values[row + i] - mean) / Math.Sqrt(variance + Epsilon) * scale[i]) + shift[i];
        }

        Tensor actual = norm.forward(input);
        Assert.Equal(type, actual.dtype);
        Close(expected, actual, tolerance);
    }

    [Fact]
    public void Both_start_as_plain_normalizations_and_are_kept_in_float32()
    {
        using var scope = NewDisposeScope();
        foreach (nn.Module norm in new nn.Module[] { new GroupNorm(2, 4), new LayerNorm(4) })
        {
            Assert.Equal(["weight", "bias"], norm.Parameters().Select(item => item.Name));
            Assert.All(norm.OwnedParameters(), item => Assert.Equal(ParameterRole.Normalization, ParameterRoles.Of(item.Parameter, item.Owner)));
            Assert.Equal([1, 1, 1, 1, 0, 0, 0, 0], norm.Parameters().SelectMany(item => item.Parameter.ToArray<float>()));
        }
    }

    private static double[] Draw(nn.Module norm, string name, int seed)
    {
        Tensor value = norm.Parameters().Single(item => item.Name == name).Parameter;
        using IDisposable off = no_grad();
        value.copy_(Numbers(seed, value.shape));
        return Doubles(value);
    }

    private static Tensor Numbers(int seed, params long[] shape)
    {
        using var generator = Generator.Seeded(seed);
        Tensor tensor = Tensor.Empty(shape);
        tensor.normal_(0.5, 1, generator);
        return tensor;
    }

    private static double[] Doubles(Tensor tensor) => tensor.To(ScalarType.Float64).ToArray<double>();

    private static void Close(double[] expected, Tensor actual, double tolerance)
    {
        double[] values = Doubles(actual);
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - values[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"{i}: {values[i]}, expected {expected[i]}");
    }
}
