using System.Text.Json.Serialization;
using Sharpless.Models;

namespace Sharpless.Training;

// What can be chosen about the model beside its name and width.
public sealed partial record TrainOptions
{
    /// <summary>Activation inside pre-activation blocks: <c>relu</c>, or <c>softplus</c> with β, such as <c>softplus20</c>. Default relu.</summary>
    [JsonPropertyName("activation")]
    public string Activation { get; init; } = "relu";

    /// <summary>Rate of the dropout inside pre-activation blocks. Default 0.</summary>
    [JsonPropertyName("droprate")]
    public double DropRate { get; init; }

    /// <summary>L2 norm of the first weights of <c>linear</c>; 0 starts from zero. Default 0.</summary>
    [JsonPropertyName("scale-init")]
    public double InitialNorm { get; init; }

    /// <summary>The model's options. An activation that is none counts as ReLU here; <see cref="Problems"/> tells it.</summary>
    internal ModelOptions ModelOptions => new()
    {
        Activation = BlockActivation.TryParse(Activation, out BlockActivation? activation) ? activation : BlockActivation.Relu, DropRate = DropRate, InitialNorm = InitialNorm,
    };

    /// <summary>Whether training augments the images.</summary>
    internal bool Augments => !NoAugmentation && ModelCatalog.IsAugmented(Model);

    private IEnumerable<string> ModelProblems()
    {
        if (!BlockActivation.TryParse(Activation, out _)) yield return $"--activation is '{Activation}'; known: relu, and softplus with a whole number above 0, such as softplus20.";
        foreach (string problem in ModelCatalog.Problems(Model, ModelWidth, ModelOptions)) yield return problem;
        if (ModelCatalog.Names.Contains(Model) && !ModelCatalog.IsAugmented(Model) && (RandAugments || RepeatedAugmentation))
        {
            yield return $"--randaug and --repeated-aug have no effect on {Model}, which is trained on the images as they are.";
        }
    }
}
