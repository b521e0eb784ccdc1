using System.Globalization;
using System.Text.Json;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;

namespace Sharpless.Cli.Tests.Report;

/// <summary>Writes run folders with made-up numbers: the rank falls with ρ at block2, other quantities hardly change.</summary>
internal sealed record SyntheticRun
{
    public double Rho { get; init; }
    public string Command { get; init; } = "train";
    public long Seed { get; init; }
    public int Width { get; init; } = 8;
    /// <summary>Final test error, where the usual one will not do.</summary>
    public double? FinalTestError { get; init; }
    public string Dataset { get; init; } = "fashion_mnist";
    public bool Finished { get; init; } = true;
    /// <summary>Options besides those below.</summary>
    public IReadOnlyDictionary<string, object> Options { get; init; } = new Dictionary<string, object>();
    public string[] Taps { get; init; } = ["block1", "block2", "block3"];

    /// <summary>Whether densities at all taps, active units at the last one and sharpness were measured too.</summary>
    public bool Extras { get; init; }

    /// <summary>Data set of the nearest-neighbour error; null where the run does not name it.</summary>
    public string? NeighbourDataSet { get; init; }

    private const int Evaluations = 6;
    private const int SpectrumLength = 1000;

    /// <summary>Writes the folder and reads it back.</summary>
    public RunRecord Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            format = 1,
            sharpless = "0.1.0",
            command = Command,
            options = new Dictionary<string, object>(Options) { ["dataset"] = Dataset, ["model"] = "resnet18", ["model-width"] = Width, ["sam-rho"] = Rho, ["seed"] = Seed, ["no-data-augm"] = Options.Count == 0 },
            environment = new { libtorch = "1.13.1", device = "cpu", threads = 2, precision = "bf16", commit = "abc1234" },
            model = new { parameters = 175258, taps = Taps },
            data = new { name = Dataset, train = 59940, classes = 10, knn_dataset = NeighbourDataSet },
        }));
        File.WriteAllLines(Path.Combine(folder, "metrics.csv"), Metrics());
        if (Finished) File.WriteAllText(Path.Combine(folder, "result.json"), JsonSerializer.Serialize(Result(folder)));
        Directory.CreateDirectory(Path.Combine(folder, "spectra"));
        NpzFile.Write(Path.Combine(folder, "spectra", "iteration-00000060.npz"), [.. Taps.Select(tap => new ArrayEntry(tap, ScalarType.Float64, [SpectrumLength], Spectrum()))]);
        return RunRecord.Load(folder);
    }

    private IEnumerable<string> Metrics()
    {
        yield return $"epoch,iteration,train_loss,test_error,skipped_steps,{string.Join(',', Taps.Select(tap => $"knn_error.{tap}"))},{string.Join(',', Taps.Select(tap => $"feature_rank.{tap}"))}{(Extras ? string.Concat(ExtraColumns().Select(column => "," + column.Name)) : "")}";
        for (int i = 0; i <= (Finished ? Evaluations : Evaluations / 2); i++)
        {
            // Every other evaluation leaves out the neighbours, as a run may.
            IEnumerable<string> knn = Taps.Select(_ => i % 2 == 0 ? Text(TestError(i) + 0.1) : "");
            yield return string.Join(',', [Text(0.5 * i), Text(10 * i), Text(2.3 * Math.Exp(-i)), Text(TestError(i)), "0", .. knn, .. Taps.Select(tap => Text(Rank(tap, i))), .. Extras ? ExtraColumns().Select(column => Text(column.Value)) : []]);
        }
    }

    private IEnumerable<(string Name, double Value)> ExtraColumns() =>
    [
        .. Taps.Select((tap, i) => ($"density.{tap}", 0.5 / (i + 1) - 0.1 * Rho)),
        .. Taps.Select((tap, i) => ($"correlated_units.{tap}", 10.0 * i + 100 * Rho + Seed)),
        ($"active_units_5p.{Taps[^1]}", 60 - 50 * Rho),
        ("sharpness_loss_small", 0.01 - 0.01 * Rho + 0.0001 * Seed), ("sharpness_loss_large", 0.2 + Rho),
    ];

    private object Result(string folder) => new
    {
        run = folder,
        epochs = 3,
        final = new
        {
            train_loss = 2.3 * Math.Exp(-Evaluations),
            test_error = FinalTestError ?? TestError(Evaluations),
            knn_error = Taps.ToDictionary(tap => tap, _ => TestError(Evaluations) + 0.1),
            feature_rank = Taps.ToDictionary(tap => tap, tap => Rank(tap, Evaluations)),
        },
        seconds = 61.5,
        steps_per_second = 25.5,
    };

    private double TestError(int i) => 0.1 + 0.8 * Math.Exp(-i) + 0.002 * Seed;

    private double Rank(string tap, int i) => 100 + 10 * i + Seed - (tap == "block2" ? 100 * Rho : 0);

    private byte[] Spectrum() => [.. Enumerable.Range(0, SpectrumLength).SelectMany(i => BitConverter.GetBytes(100 * Math.Exp(-i * (1 + Rho) / 100)))];

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
