using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sharpless.Cli.Report.Sparse;

/// <summary><c>theory.json</c>: the inner maximum of SAM, solved to first order, against random directions and against itself for small ρ.</summary>
internal sealed record TheoryCheck
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
    };

    /// <summary>Seed of the network and of the directions.</summary>
    public long Seed { get; init; }

    /// <summary>Length of the perturbations.</summary>
    public required double Rho { get; init; }

    /// <summary>Loss at the weights.</summary>
    public required double Loss { get; init; }

    /// <summary>Loss at the weights moved by ε* = ρ g / |g|.</summary>
    public required double LossAlongPerturbation { get; init; }

    /// <summary>Losses along random directions of the same length.</summary>
    public required RandomDirections Random { get; init; }

    /// <summary>Measured and predicted increase for shrinking ρ.</summary>
    public IReadOnlyList<FirstOrder> FirstOrder { get; init; } = [];

    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">No JSON, or members are missing or of another kind.</exception>
    public static TheoryCheck Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<TheoryCheck>(File.ReadAllBytes(path), Json) ?? throw new InvalidDataException($"\"{path}\" holds null, expected an object.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"\"{path}\" is no theory check: {exception.Message}", exception);
        }
    }
}

/// <summary>Losses along random directions.</summary>
/// <param name="N">How many.</param>
/// <param name="Max">The largest loss.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">Their sample standard deviation.</param>
/// <param name="Beaten">How many have a smaller loss than ε*.</param>
internal sealed record RandomDirections(int N, double Max, double Mean, double StandardDeviation, int Beaten);

/// <summary>One ρ of the first-order check.</summary>
/// <param name="Rho">Length of the step along the gradient.</param>
/// <param name="Increase">How much the loss grew.</param>
/// <param name="Predicted">ρ |g|.</param>
/// <param name="Ratio">Increase divided by prediction; goes to 1 with ρ to 0.</param>
internal sealed record FirstOrder(double Rho, double Increase, double Predicted, double Ratio);
