using Sharpless.Data;
using Sharpless.Models;
using Sharpless.Optimization;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Torch.Modules;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Tests.Training;

/// <summary>What each training option does to the numbers: five steps as PyTorch takes them; golden file by tests/golden/options/make.py.</summary>
public sealed class OptionParityTests : IDisposable
{
    private const int Batch = 16, Steps = 5;

    private static readonly TrainOptions Base = new() { Model = "classifier", ModelWidth = 4, BatchSize = Batch, MaximumLearningRate = 0.02, WeightDecay = 1e-2 };

    private static readonly Dictionary<string, TrainOptions> Cases = new()
    {
        ["sgd"] = Base,
        ["adam"] = Base with { Optimizer = DescentKind.Adam, MaximumLearningRate = 0.002 },
        ["adam_sam"] = Base with { Optimizer = DescentKind.Adam, MaximumLearningRate = 0.002, SamRho = 0.1 },
        ["iters"] = Base with { SamRho = 0.2, SamIterations = 3, SamStepMultiple = 0.5 },
        ["iters_projected"] = Base with { SamRho = 0.1, SamIterations = 3 },
        ["mult"] = Base with { SamRho = 0.2, SamStepMultiple = 0.3 },
        ["usam"] = Base with { SamRho = 0.2, SamIsUnnormalized = true },
        ["usam_free"] = Base with { SamRho = 0.2, SamIsUnnormalized = true, SamProjectsUnnormalized = false, SamIterations = 2 },
        ["parts"] = Base with { SamRho = 0.1, MicroBatches = 4 },
        ["parts_plain"] = Base with { MicroBatches = 2 },
        ["previous"] = Base with { SamRho = 0.1, SamUsesPreviousBatch = true },
        ["direction"] = Base with { SamRho = 0.3, SamKeepsDirection = true },
        ["smoothing"] = Base with { SamRho = 0.1, LabelSmoothing = 0.2 },
        ["gce"] = Base with { SamRho = 0.1, LossName = "gce", GeneralizedQ = 0.7 },
        ["smallest"] = Base with { LossName = "smallest_k_ce", DroppedShare = 0.3 },
        ["square"] = Base with { SamRho = 0.1, LossName = "square_loss" },
        ["normalize"] = Base with { NormalizesLogits = true },
        ["activation"] = Base with { SamRho = 0.1, ActivationPenalty = 0.5, ActivationPenaltyBlock = 1 },
        ["jacobian"] = Base with { JacobianPenalty = 0.1 },
        ["penalty"] = Base with { GradientPenalty = 0.1 },
        ["penalty_sam"] = Base with { GradientPenalty = 0.1, SamRho = 0.1 },
        ["frozen"] = Base with { SamRho = 0.1, FreezesStatistics = true },
        ["matrices"] = Base with { Decayed = DecayedWeights.Matrices },
        ["adam_matrices"] = Base with { Optimizer = DescentKind.Adam, MaximumLearningRate = 0.002, Decayed = DecayedWeights.Matrices },
        ["average"] = Base with { AveragesWeights = true, AverageDecay = 0.9 },
    };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ArrayFile _golden = ArrayFile.Open(GoldenFiles.PathOf("options", "options.npz"));

    public static TheoryData<string> Names => [.. Cases.Keys];

    public void Dispose()
    {
        _golden.Dispose();
        _scope.Dispose();
    }

    [Theory, MemberData(nameof(Names))]
    public void Five_steps_end_at_the_weights_of_pytorch(string name)
    {
        (double[] losses, IReadOnlyDictionary<string, Tensor> weights) = Train(Cases[name]);
        // 1e-5: float32 sums in another order, over five steps of a network of 1,300 weights.
        Close(Numbers($"{name}.losses"), losses, 1e-5, "losses");
        string[] kept = [.. _golden.Select(array => array.Name).Where(key => key.StartsWith(name + "/", StringComparison.Ordinal))];
        Assert.Equal(10, kept.Length);
        // The gradient of a bias before batch norm is rounding noise alone; without weight decay Adam makes steps of full length of it, which the running mean follows.
        foreach (string key in kept.Where(key => key is not ("adam_matrices/conv2.bias" or "adam_matrices/bn2.running_mean"))) Close(Numbers(key), weights[key[(name.Length + 1)..]].To(ScalarType.Float64).ToArray<double>(), 1e-5, key);
    }

    [Fact]
    public void No_two_cases_end_at_the_same_weights()
    {
        // Otherwise a case would not test its option. Frozen statistics and averages differ in what is compared.
        string[] ends = [.. Cases.Keys.Select(name => string.Join(' ', Numbers($"{name}/linear.weight").Take(20)))];
        Assert.Equal(ends.Length, ends.Distinct().Count());
    }

    private (double[] Losses, IReadOnlyDictionary<string, Tensor> Weights) Train(TrainOptions options)
    {
        Classifier model = ModelCatalog.Create("classifier", new ModelShape(1, 14, 14, Classes: 10, Width: 4));
        ModuleState.Load(model, _golden.Where(array => array.Name.StartsWith("init/", StringComparison.Ordinal)).ToDictionary(array => array.Name[5..], array => array.ToTensor()));
        foreach (BatchNorm layer in model.All().OfType<BatchNorm>()) layer.IsFrozen = options.FreezesStatistics;
        var weights = new WeightSpace(model, Precision.Float32);
        using Optimizer optimizer = options.CreateOptimizer(model, weights);
        using var average = new WeightAverage(weights, options.AverageDecay);
        var objective = new Objective(options, model, weights);
        optimizer.BaseOptimizer.LearningRate = options.MaximumLearningRate;
        var losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            losses[step] = optimizer.Step(objective.PartsOf(BatchOf(step), options.SamUsesPreviousBatch && step > 0 ? BatchOf(step - 1) : null)).PerturbedLoss;
            average.Update();
        }

        Dictionary<string, Tensor> end = ModuleState.Of(model).ToDictionary(item => item.Name, item => item.Tensor.clone());
        if (options.AveragesWeights) foreach (WeightSlot slot in weights.Slots) end[slot.Name] = average.Of(slot).clone();
        return (losses, end);
    }

    private TrainingBatch BatchOf(int step) => new(_golden["x"].ToTensor().narrow(0, step * Batch, Batch), _golden["y"].ToTensor().narrow(0, step * Batch, Batch));

    private double[] Numbers(string key)
    {
        var values = new double[_golden[key].Count];
        _golden[key].ReadRows(0, _golden[key].Rows, values);
        return values;
    }

    private static void Close(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        int worst = Enumerable.Range(0, expected.Length).MaxBy(i => double.IsFinite(actual[i]) ? Math.Abs(expected[i] - actual[i]) : double.PositiveInfinity);
        double difference = Math.Abs(expected[worst] - actual[worst]), allowed = tolerance * Math.Max(1, Math.Abs(expected[worst]));
        Assert.True(difference <= allowed, $"{what}: the largest difference is {difference} at {worst}: {actual[worst]}, PyTorch has {expected[worst]}; allowed {allowed}.");
    }
}
