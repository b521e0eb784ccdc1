using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

public class BatchNormReestimationTests
{
    private static readonly int[] BatchSizes = [7, 16, 3];

    [Fact]
    public void Statistics_are_the_averages_of_batch_means_and_unbiased_variances_by_examples()
    {
        using var scope = NewDisposeScope();
        Classifier model = Model();
        BatchNorm layer = model.All().OfType<BatchNorm>().Single();
        Dirty(model);
        BatchNormReestimation.Run(model, BatchSizes.Length, Batch);

        // The input of the batch norm, convolution by convolution in float64, is the reference.
        (double[] mean, double[] variance) = Reference(model);
        Dictionary<string, Tensor> state = ModuleState.Of(model).ToDictionary(item => item.Name, item => item.Tensor);
        AssertClose(mean, state["bn2.running_mean"], 1e-5);
        AssertClose(variance, state["bn2.running_var"], 1e-5);
        Assert.Equal((0.1, true, false, false), (layer.Momentum, layer.MovesStatistics, layer.IsFrozen, model.training));
    }

    [Fact]
    public void What_was_there_before_has_no_influence_and_weights_do_not_move()
    {
        using var scope = NewDisposeScope();
        Classifier clean = Model(), dirty = Model();
        Dirty(dirty);
        BatchNormReestimation.Run(clean, BatchSizes.Length, Batch);
        BatchNormReestimation.Run(dirty, BatchSizes.Length, Batch);
        Assert.All(ModuleState.Of(clean).Zip(ModuleState.Of(dirty)), pair => Assert.Equal(pair.First.Tensor.ToArray<float>(), pair.Second.Tensor.ToArray<float>()));
        Assert.All(Model().Parameters().Zip(dirty.Parameters()), pair => Assert.Equal(pair.First.Parameter.ToArray<float>(), pair.Second.Parameter.ToArray<float>()));
    }

    [Fact]
    public void A_switched_off_layer_is_measured_too_and_is_off_again_afterwards()
    {
        using var scope = NewDisposeScope();
        Classifier plain = Model(), off = Model();
        BatchNorm layer = off.All().OfType<BatchNorm>().Single();
        (layer.MovesStatistics, layer.IsFrozen) = (false, true);
        BatchNormReestimation.Run(plain, BatchSizes.Length, Batch);
        BatchNormReestimation.Run(off, BatchSizes.Length, Batch);
        Assert.All(plain.Buffers().Zip(off.Buffers()), pair => Assert.Equal(pair.First.Buffer.ToArray<float>(), pair.Second.Buffer.ToArray<float>()));
        Assert.Equal((false, true), (layer.MovesStatistics, layer.IsFrozen));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Statistics_that_are_not_finite_and_a_stop_put_the_old_ones_back(bool stops)
    {
        using var scope = NewDisposeScope();
        Classifier model = Model();
        Dirty(model);
        float[][] before = [.. model.Buffers().Select(item => item.Buffer.ToArray<float>())];
        using var stop = new CancellationTokenSource();
        Exception? error = Record.Exception(() => BatchNormReestimation.Run(
            model,
            2,
            i =>
            {
                if (stops) stop.Cancel();
                Batch batch = Batch(i);
                if (!stops) batch.Images.fill_(double.PositiveInfinity);
                return batch;
            },
            stop.Token));
        Assert.IsType(stops ? typeof(OperationCanceledException) : typeof(FailureException), error);
        Assert.Equal(before, model.Buffers().Select(item => item.Buffer.ToArray<float>()));
    }

    [Fact]
    public void Bfloat16_statistics_agree_with_float32_to_its_rounding()
    {
        using var scope = NewDisposeScope();
        Classifier exact = Model(), rounded = Model();
        using var weights = new WeightSpace(rounded, Precision.BFloat16);
        BatchNormReestimation.Run(exact, BatchSizes.Length, Batch);
        BatchNormReestimation.Run(rounded, BatchSizes.Length, i => new Batch(Batch(i).Images.To(ScalarType.BFloat16).Contiguous(memory_format.channels_last), Batch(i).Labels));
        foreach (((string name, Tensor expected), (_, Tensor actual)) in exact.Buffers().Zip(rounded.Buffers()))
        {
            AssertClose([.. expected.ToArray<float>().Select(value => (double)value)], actual, name.EndsWith("var", StringComparison.Ordinal) ? 0.02 : 0.01);   // 8 bits of mantissa
        }
    }

    private static SmallClassifier Model()
    {
        var model = new SmallClassifier(new ModelShape(2, 8, 8, 3, 4), GivenShapes.None);
        using var generator = Generator.Seeded(3);
        model.Initialize(generator);
        model.train(false);
        return model;
    }

    private static void Dirty(Classifier model)
    {
        foreach ((_, Tensor buffer) in model.Buffers()) buffer.fill_(float.MaxValue);
    }

    private static Batch Batch(long index)
    {
        int size = BatchSizes[index];
        using var generator = Generator.Seeded(100 + index);
        Tensor images = Tensor.Empty([size, 2, 8, 8]);
        images.normal_(index, 1 + index, generator);                       // batches that differ, or their weights would not show
        return new Batch(images, zeros([size], ScalarType.Int64));
    }

    private static (double[] Mean, double[] Variance) Reference(Classifier model)
    {
        Dictionary<string, Tensor> state = ModuleState.Of(model).ToDictionary(item => item.Name, item => item.Tensor);
        double[] mean = new double[8], variance = new double[8];
        using IDisposable off = no_grad();
        for (int i = 0; i < BatchSizes.Length; i++)
        {
            Tensor hidden = Conv(nn.functional.leaky_relu(Conv(Batch(i).Images.To(ScalarType.Float64), "conv1"), 0.2), "conv2");
            double[] values = hidden.permute(1, 0, 2, 3).reshape(8, -1).ToArray<double>();
            int rows = values.Length / 8;
            for (int c = 0; c < 8; c++)
            {
                double[] row = values[(c * rows)..((c + 1) * rows)];
                double m = row.Average(), share = (double)BatchSizes[i] / BatchSizes.Sum();
                mean[c] += share * m;
                variance[c] += share * row.Sum(value => (value - m) * (value - m)) / (rows - 1);
            }
        }

        return (mean, variance);

        Tensor Conv(Tensor input, string name) => nn.functional.conv2d(
            input, state[$"{name}.weight"].To(ScalarType.Float64), state[$"{name}.bias"].To(ScalarType.Float64), [2, 2], [1, 1]);
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        float[] values = actual.ToArray<float>();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            double difference = Math.Abs(values[i] - expected[i]), allowed = tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.True(difference <= allowed, $"channel {i}: {values[i]}, expected {expected[i]} within {allowed}");
        }
    }
}
