using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sharpless.Cli.Tests.Report.Sparse;

/// <summary>Writes folders of sparse runs with made-up numbers, in the format of the `sparse` commands.</summary>
internal sealed record SyntheticSparseRun
{
    /// <summary>Faults of the published side; none leaves that side out.</summary>
    public string[] Faults { get; init; } = ["stale-optimizer", "drifting-restore", "no-mask", "prune-norms"];
    public int Seeds { get; init; } = 5;
    public bool Exercise { get; init; } = true;
    public bool Grid { get; init; } = true;
    public bool Sensitivity { get; init; } = true;
    public bool Theory { get; init; } = true;
    public string Dataset { get; init; } = "mnist";
    public string[] Tensors { get; init; } = ["conv1.weight", "conv2.weight", "linear.weight"];

    /// <summary>Last chance to change a cell before it is written; null leaves the cell out.</summary>
    public Func<JsonObject, JsonObject?> Change { get; init; } = cell => cell;

    /// <summary>Accuracies of the arms, before what the seed adds.</summary>
    private static readonly Dictionary<(string Side, string Arm), double> Accuracies = new()
    {
        [("honest", "dense")] = 0.96, [("honest", "pruned")] = 0.86, [("honest", "sgd")] = 0.955, [("honest", "sam")] = 0.95,
        [("published", "dense")] = 0.96, [("published", "pruned")] = 0.85, [("published", "sgd")] = 0.93, [("published", "sam")] = 0.95,
    };

    /// <summary>Writes the folder and returns it.</summary>
    public string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            format = 1,
            sharpless = "0.1.0",
            command = "sparse",
            options = new Dictionary<string, object> { ["dataset"] = Dataset, ["width"] = 64, ["amount"] = 0.5, ["scope"] = "layer", ["sam-rho"] = 0.05, ["seeds"] = Seeds, ["as-published"] = Faults },
            environment = new { libtorch = "1.13.1", device = "cpu", threads = 2, precision = "bf16", commit = "abc1234" },
            model = new { parameters = 195000, taps = Array.Empty<string>() },
            data = new { name = Dataset, train = 6000, test = 1000, classes = 10 },
        }));
        IEnumerable<JsonObject> cells = [.. Exercise ? ExerciseCells() : [], .. Grid ? GridCells() : [], .. Sensitivity ? SensitivityCells() : []];
        File.WriteAllText(Path.Combine(folder, "cells.jsonl"), string.Concat(cells.Select(Change).OfType<JsonObject>().Select(cell => cell.ToJsonString() + "\n")));
        if (Theory) File.WriteAllText(Path.Combine(folder, "theory.json"), TheoryCheck().ToJsonString());
        return folder;
    }

    private IEnumerable<JsonObject> ExerciseCells() =>
        from seed in Enumerable.Range(0, Seeds)
        from side in Faults.Length > 0 ? new[] { "honest", "published" } : ["honest"]
        from arm in new[] { "dense", "pruned", "sgd", "sam" }
        select ExerciseCell(side, arm, seed);

    private JsonObject ExerciseCell(string side, string arm, int seed)
    {
        double accuracy = Accuracies[(side, arm)] + 0.002 * seed;
        return new JsonObject
        {
            ["kind"] = "exercise", ["side"] = side, ["faults"] = new JsonArray([.. (side == "published" ? Faults : []).Select(fault => (JsonNode)fault)]), ["arm"] = arm, ["seed"] = seed,
            ["amount"] = 0.5, ["scope"] = "layer", ["rho"] = arm == "sam" ? 0.05 : 0, ["epochs"] = arm == "dense" ? 10 : arm == "pruned" ? 0 : 3,
            ["gradient_evaluations"] = arm switch { "dense" => 940, "sgd" => 282, "sam" => 564, _ => 0 },
            ["validation_accuracy"] = new JsonArray([.. Enumerable.Range(1, arm == "dense" ? 10 : arm == "pruned" ? 0 : 3).Select(epoch => (JsonNode)(accuracy - 0.05 / epoch))]),
            ["test_accuracy"] = accuracy + 0.003, ["test_accuracy_all"] = accuracy, ["zeros"] = 97000, ["parameters"] = 194000,
            ["sparsity"] = arm == "dense" ? 0 : side == "published" && arm == "sam" ? 0.001 : 0.5, ["seconds"] = 1.5,
        };
    }

    private IEnumerable<JsonObject> GridCells() => FineTunedCells().Concat(
        from seed in Enumerable.Range(0, Seeds)
        from dense in new[] { "sgd", "sam" }
        select DenseCell(dense, seed));

    // A dense network belongs to both comparisons and was not estimated again: it says neither.
    private static JsonObject DenseCell(string dense, int seed)
    {
        JsonObject cell = GridCell(dense, "epochs", 0, 0, seed);
        cell["arm"] = "dense";
        cell["test_accuracy_all"] = dense == "sam" ? 0.975 : 0.97;
        cell["bn_reestimated"] = false;
        cell.Remove("compute");
        return cell;
    }

    private IEnumerable<JsonObject> FineTunedCells() =>
        from seed in Enumerable.Range(0, Seeds)
        from dense in new[] { "sgd", "sam" }
        from compute in new[] { "epochs", "gradients" }
        from amount in new[] { 0, 0.5, 0.9, 0.98 }
        from rho in new[] { 0, 0.05, 0.1 }
        select GridCell(dense, compute, amount, rho, seed);

    // SAM is 1 point above SGD at 90 %, 1 below at 98 %, and as good elsewhere but for what the seed does.
    private static JsonObject GridCell(string dense, string compute, double amount, double rho, int seed)
    {
        double gain = rho == 0 ? 0 : (amount switch { 0.9 => 0.01, 0.98 => -0.01, _ => 0 }) + 0.001 * (seed % 2 == 0 ? 1 : -1);
        return new JsonObject
        {
            ["kind"] = "grid", ["side"] = "honest", ["faults"] = new JsonArray(), ["arm"] = rho > 0 ? "sam" : "sgd", ["seed"] = seed, ["amount"] = amount, ["scope"] = "layer", ["rho"] = rho,
            ["epochs"] = 3, ["gradient_evaluations"] = 282, ["validation_accuracy"] = new JsonArray(), ["test_accuracy"] = 0.96, ["test_accuracy_all"] = 0.96 - 0.2 * Math.Pow(amount, 8) + gain + 0.002 * seed,
            ["zeros"] = 97000, ["parameters"] = 194000, ["sparsity"] = amount, ["seconds"] = 1.5, ["dense"] = dense, ["compute"] = compute, ["bn_reestimated"] = true,
        };
    }

    private IEnumerable<JsonObject> SensitivityCells() =>
        from seed in Enumerable.Range(0, Seeds)
        from tensor in Enumerable.Range(0, Tensors.Length)
        from amount in new[] { 0, 0.5, 0.9, 1 }
        select new JsonObject
        {
            ["kind"] = "sensitivity", ["tensor"] = Tensors[tensor], ["amount"] = amount, ["scope"] = "layer", ["seed"] = seed, ["test_accuracy"] = 0.96, ["test_accuracy_all"] = 0.96 - 0.8 * Math.Pow(amount, 6 - tensor) + 0.002 * seed,
        };

    private static JsonObject TheoryCheck() => new()
    {
        ["seed"] = 0, ["rho"] = 0.05, ["loss"] = 0.1, ["loss_along_perturbation"] = 0.15,
        ["random"] = new JsonObject { ["n"] = 1000, ["max"] = 0.103, ["mean"] = 0.1001, ["standard_deviation"] = 0.0008, ["beaten"] = 1000 },
        ["first_order"] = new JsonArray([.. new[] { 0.1, 0.01, 0.001, 0.0001 }.Select(rho => (JsonNode)new JsonObject { ["rho"] = rho, ["increase"] = rho * (1 + 3 * rho), ["predicted"] = rho, ["ratio"] = 1 + 3 * rho })]),
    };
}
