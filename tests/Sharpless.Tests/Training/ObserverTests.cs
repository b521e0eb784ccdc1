using Sharpless.Optimization;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Tests.Training;

/// <summary>What watches a training does not disturb it: with each observer on or off, a network with dropout ends at the same bytes.</summary>
public sealed class ObserverTests : IDisposable
{
    // Observers by name, each as often as it can.
    private static readonly Dictionary<string, Func<TrainOptions, TrainOptions>> Observers = new()
    {
        ["average"] = options => options with { AveragesWeights = true },
        ["evaluations"] = options => options with { EvaluationPeriod = 1 },
        ["evaluated average"] = options => options with { AveragesWeights = true, EvaluationPeriod = 2 },
        ["ranks and neighbours"] = options => options with { AnalyzesFeatures = true, CountsActiveUnits = true, EvaluationPeriod = 2 },
        ["ranks alone"] = options => options with { AnalyzesFeatures = true, MeasuresRankOnly = true },
        ["densities"] = options => options with { MeasuresDensity = true, EvaluationPeriod = 3 },
        ["sharpness"] = options => options with { MeasuresSharpness = true, EvaluationPeriod = 3 },
        ["snapshots"] = options => options with { SnapshotPeriod = 1 },
    };

    private readonly TinyData _data = new();

    public static TheoryData<SamVariantKind?> Variants => [null, .. Enum.GetValues<SamVariantKind>()];

    public void Dispose() => _data.Dispose();

    [Theory, MemberData(nameof(Variants))]
    public void No_observer_changes_a_byte_of_the_trained_weights(SamVariantKind? variant)
    {
        TrainOptions options = _data.Options with
        {
            Model = "resnet_tiny",
            ModelWidth = 2,
            DropRate = 0.3,
            Epochs = 2,
            MaximumLearningRate = 0.01,
            EvaluationPeriod = 12,
            GradientNoise = 0.01,
            AdditiveWeightNoise = 0.001,
            SamRho = variant is null ? 0 : 0.05,
            SamVariant = variant ?? SamVariantKind.Sam,
            SamPeriod = variant == SamVariantKind.LookSam ? 3 : 5,
            FastCount = 16,
            AnalysisCount = 16,
        };
        byte[] plain = Train("plain", options);
        foreach ((string name, Func<TrainOptions, TrainOptions> observe) in Observers)
        {
            Assert.True(plain.AsSpan().SequenceEqual(Train(name, observe(options))), $"{variant}: {name} changed the training");
        }

        Assert.True(plain.AsSpan().SequenceEqual(Train("saved", options, checkpointPeriod: 1)), $"{variant}: checkpoints changed the training");
    }

    [Theory, MemberData(nameof(Variants))]
    public void The_look_before_the_first_step_changes_statistics_alone(SamVariantKind? variant)
    {
        TrainOptions options = _data.Options with
        {
            Model = "resnet_tiny",
            ModelWidth = 2,
            DropRate = 0.3,
            Epochs = 1,
            MaximumLearningRate = 0.01,
            GradientNoise = 0.01,
            FastCount = 16,
            SamRho = variant is null ? 0 : 0.05,
            SamVariant = variant ?? SamVariantKind.Sam,
            SamPeriod = variant == SamVariantKind.LookSam ? 3 : 5,
        };
        Train("looked", options);
        Train("plain", options with { SkipsFirstLook = true });
        using ArrayFile looked = ArrayFile.Open(WeightsOf("looked")), plain = ArrayFile.Open(WeightsOf("plain"));
        string[] changed = [.. looked.Where(array => !Numbers(array).SequenceEqual(Numbers(plain[array.Name]))).Select(array => array.Name)];
        Assert.NotEmpty(changed);
        Assert.All(changed, name => Assert.Contains("running_", name, StringComparison.Ordinal));
    }

    private static double[] Numbers(StoredArray array)
    {
        var values = new double[array.Count];
        array.ReadRows(0, array.Rows, values);
        return values;
    }

    private string WeightsOf(string run) => Path.Combine(_data[run], "weights.safetensors");

    private byte[] Train(string run, TrainOptions options, int checkpointPeriod = 1000)
    {
        Trainer.Run(options, new TrainPlace { Folder = _data[run], CheckpointPeriod = checkpointPeriod });
        return File.ReadAllBytes(WeightsOf(run));
    }
}
