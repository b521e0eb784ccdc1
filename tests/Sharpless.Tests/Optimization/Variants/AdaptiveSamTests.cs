using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Optimization.Variants;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Optimization.Variants;

/// <summary>ASAM as its authors' code has it and as its paper says: twenty steps of PyTorch; golden file by tests/golden/asam/make.py.</summary>
public sealed class AdaptiveSamTests : IDisposable
{
    private const int Batch = 16, Steps = 20;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ArrayFile _golden = ArrayFile.Open(GoldenFiles.PathOf("asam", "asam.npz"));

    public void Dispose()
    {
        _golden.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData(SamVariantKind.Asam, "weights")]
    [InlineData(SamVariantKind.AsamAll, "all")]
    public void Twenty_steps_end_at_the_weights_of_pytorch(SamVariantKind variant, string name)
    {
        var options = new TrainOptions { MaximumLearningRate = 0.02, WeightDecay = 1e-2, SamRho = 0.5, SamVariant = variant };
        Classifier model = ModelCatalog.Create("classifier", new ModelShape(1, 14, 14, Classes: 10, Width: 4));
        ModuleState.Load(model, _golden.Where(array => array.Name.StartsWith("init/", StringComparison.Ordinal)).ToDictionary(array => array.Name[5..], array => array.ToTensor()));
        using var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = options.CreateOptimizer(model, weights);
        optimizer.BaseOptimizer.LearningRate = options.MaximumLearningRate;
        Tensor x = _golden["x"].ToTensor(), y = _golden["y"].ToTensor();
        for (int step = 0; step < Steps; step++)
        {
            optimizer.Step(() => nn.functional.cross_entropy(model.forward(x.narrow(0, step * Batch, Batch)), y.narrow(0, step * Batch, Batch)));
        }

        // 2e-5: float32 sums in another order, over twenty steps of weights of about 1. The two ways differ by more than 1e-2.
        foreach ((string key, Tensor tensor) in ModuleState.Of(model))
        {
            double[] expected = _golden[$"{name}/{key}"].ToTensor().To(ScalarType.Float64).ToArray<double>(), actual = tensor.To(ScalarType.Float64).ToArray<double>();
            double difference = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(difference <= 2e-5, $"{key}: the largest difference is {difference}.");
        }
    }

    [Fact]
    public void A_model_without_a_weight_by_name_is_refused_where_only_weights_are_scaled()
    {
        var model = new Parabola(1, 2);
        using var weights = new WeightSpace(model, Precision.Float32);
        using var sgd = new Sgd(weights, new SgdOptions());
        string message = Assert.Throws<ArgumentException>(() => new AdaptiveSam(model, weights, sgd, 0.1, StatisticsPass.First)).Message;
        Assert.Contains("'w'", message, StringComparison.Ordinal);
        Assert.Contains("AdaptedWeights.All", message, StringComparison.Ordinal);
    }
}
