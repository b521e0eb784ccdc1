using Sharpless.Weights;

namespace Sharpless.Models;

/// <summary>Models by the name that the command line knows them by.</summary>
public static class ModelCatalog
{
    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = ["resnet18", "classifier"];

    /// <summary>Width of a model where none is given: 64, as published for both.</summary>
    public const int DefaultWidth = 64;

    /// <summary>Builds a model with weights that are not initialised.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="shape">What it must fit.</param>
    /// <param name="given">Shapes of the weights that it is to be loaded with; null where none are given.</param>
    /// <exception cref="ArgumentException">An unknown name, or images too small for the model.</exception>
    public static Classifier Create(string name, ModelShape shape, GivenShapes? given = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Width < 1) throw new ArgumentException($"Width is {shape.Width}; it must be 1 or more.", nameof(shape));
        if (name == "classifier" && Math.Min(shape.Height, shape.ImageWidth) < 4)
        {
            throw new ArgumentException($"Images of {shape.Height}x{shape.ImageWidth} are too small for 'classifier', which halves them twice; it needs 4x4 or more.", nameof(shape));
        }

        given ??= GivenShapes.None;
        return name switch
        {
            "resnet18" => new PreActivationResNet(shape, [2, 2, 2, 2], given),
            "classifier" => new SmallClassifier(shape, given),
            _ => throw new ArgumentException($"There is no model '{name}'; known: {string.Join(", ", Names)}.", nameof(name)),
        };
    }
}
