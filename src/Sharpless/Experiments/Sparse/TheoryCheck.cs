using System.Text.Json;
using System.Text.Json.Serialization;
using Sharpless.Data;
using Sharpless.Torch;
using Sharpless.Torch.Files;
using Sharpless.Training;
using Sharpless.Weights;

namespace Sharpless.Experiments.Sparse;

/// <summary>
/// Numerical check of SAM's inner maximum (arXiv:2010.01412, equation 2): to first order the largest loss within a ball of radius ρ around w is at
/// w + ε*, ε* = ρ g / |g|, and it exceeds the loss at w by ρ |g|.
/// </summary>
/// <remarks>
/// One fixed training batch, a trained dense network, weights and activations in float32, the cross entropy in float64. Batch norm normalizes with the
/// statistics of the batch and leaves its running statistics alone, as it does in the passes of SAM's own steps: that is the function which SAM ascends.
/// </remarks>
public sealed record TheoryCheck
{
    /// <summary>Name of the file in the folder of the experiment.</summary>
    public const string FileName = "theory.json";

    // From far outside the linear range to where float32 begins to show.
    private static readonly double[] Radii = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4];

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new NumberOrNull() }, WriteIndented = true,
    };

    /// <summary>Seed of the dense network and of the random directions.</summary>
    public required int Seed { get; init; }

    /// <summary>Radius ρ of the comparison with random directions.</summary>
    public required double Rho { get; init; }

    /// <summary>Loss at w.</summary>
    public required double Loss { get; init; }

    /// <summary>Loss at w + ε*.</summary>
    public required double LossAlongPerturbation { get; init; }

    /// <summary>Losses at w + ρ u, for directions u drawn uniformly from the sphere.</summary>
    public required RandomDirections Random { get; init; }

    /// <summary>How the increase along ε* compares with ρ |g|, for several ρ from large to small.</summary>
    public required IReadOnlyList<FirstOrder> FirstOrder { get; init; }

    /// <summary>Hash of all this and of the run that it belongs to. Null before it is written.</summary>
    public string? Check { get; init; }

    /// <summary>The check that a folder holds, or null.</summary>
    /// <exception cref="InvalidDataException">The file is no such check.</exception>
    public static TheoryCheck? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        return File.Exists(path) ? JsonFile.Read<TheoryCheck>(path, Json) : null;
    }

    internal static TheoryCheck RunOrRead(SparseLab lab, int seed, double rho, int directions, SparseWork work, string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (Read(folder) is TheoryCheck earlier)
        {
            return earlier.Check == earlier.CheckFor(lab.Run) ? earlier : throw new UsageException(
                $"'{path}' is not what this run wrote: it was changed, or belongs to another run.", "Put it back as it was, or remove it: the same command with --resume measures it again.");
        }

        using var scope = NewDisposeScope();
        SparseNetwork network = lab.Dense(seed, rho: 0, Precision.Float32).Network;
        TheoryCheck check = Of(network, lab.FirstBatch(seed, Precision.Float32), seed, rho, directions, work);
        check = check with { Check = check.CheckFor(lab.Run) };
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(check, Json) + "\n");
        return check;
    }

    private string CheckFor(RunIdentity run)
    {
        using var hash = new ContentHash();
        return hash.Add(run.Hash()).Add(JsonSerializer.Serialize(this with { Check = null }, Json)).Text;
    }

    internal static TheoryCheck Of(SparseNetwork network, Batch batch, int seed, double rho, int directions, SparseWork work)
    {
        WeightSpace weights = network.Weights;
        network.HoldBatchNormStatistics();
        weights.ZeroGradient();
        Tensor atW = network.Loss(batch);
        atW.Backward();
        double norm = weights.GradientNorm(), loss = LossAtPoint();

        // ---------------------------------------------------------------- along the gradient
        double along = Along(rho);
        FirstOrder[] firstOrder = [.. Radii.Select(radius =>
        {
            double increase = Along(radius) - loss;
            return new FirstOrder(radius, increase, radius * norm, increase / (radius * norm));
        })];

        // ---------------------------------------------------------------- along random directions
        var random = new double[directions];
        using var generator = Generator.Seeded(seed);
        for (int i = 0; i < directions; i++)
        {
            // A normal vector, scaled to length rho, is uniform on the sphere. The gradient's buffer serves as the vector.
            using (NewDisposeScope())
            using (no_grad())
            {
                foreach (WeightSlot slot in weights.Slots) slot.View(weights.Segments[slot.Segment].Gradient).normal_(0, 1, generator);
            }

            random[i] = Along(rho, weights.GradientNorm());
            work.Did(0, $"theory check, direction {i + 1} of {directions}");
        }

        weights.ReturnToMaster();
        double mean = random.Average();
        return new TheoryCheck
        {
            Seed = seed,
            Rho = rho,
            Loss = loss,
            LossAlongPerturbation = along,
            Random = new RandomDirections(
                directions, random.Max(), mean, directions < 2 ? 0 : Math.Sqrt(random.Sum(value => (value - mean) * (value - mean)) / (directions - 1)), random.Count(value => value < along)),
            FirstOrder = firstOrder,
        };

        // Loss at w + radius * v / |v| for the vector v in the gradient's buffer.
        double Along(double radius, double? length = null)
        {
            weights.Ascend(radius / (length ?? norm));
            return LossAtPoint();
        }

        double LossAtPoint()
        {
            using var scope = NewDisposeScope();
            using IDisposable off = no_grad();
            return nn.functional.cross_entropy(network.Model.forward(batch.Images).To(ScalarType.Float64), batch.Labels).Item();
        }
    }
}

/// <summary>Losses at random points of the sphere of radius ρ around w.</summary>
/// <param name="N">Number of directions.</param>
/// <param name="Max">Largest loss.</param>
/// <param name="Mean">Mean loss.</param>
/// <param name="StandardDeviation">Sample standard deviation.</param>
/// <param name="Beaten">How many are below the loss at w + ε*.</param>
public sealed record RandomDirections(int N, double Max, double Mean, double StandardDeviation, int Beaten);

/// <summary>Increase of the loss along ε* beside its first-order prediction.</summary>
/// <param name="Rho">Radius ρ.</param>
/// <param name="Increase">L(w + ρ g / |g|) - L(w).</param>
/// <param name="Predicted">ρ |g|.</param>
/// <param name="Ratio">Increase / Predicted: tends to 1 as ρ tends to 0.</param>
public sealed record FirstOrder(double Rho, double Increase, double Predicted, double Ratio);
