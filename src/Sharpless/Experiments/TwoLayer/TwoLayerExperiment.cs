namespace Sharpless.Experiments.TwoLayer;

/// <summary>What is varied in an experiment.</summary>
public enum Regularizer
{
    /// <summary>Sharpness-aware minimization with radius ρ (arXiv:2010.01412).</summary>
    Sam,

    /// <summary>The penalty λ |gradient of the loss|, differentiated exactly.</summary>
    GradientNorm,
}

/// <summary>One of the four published experiments on two-layer networks (arXiv:2305.16292): 100 units learn a teacher of 3 units in 3 dimensions from 20 points.</summary>
/// <param name="Name">As in JSON: <c>abs</c>, <c>tanh</c>, <c>relu</c> or <c>gradnorm</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Activation">φ of teacher and student.</param>
/// <param name="LearningRate">Of plain SGD with batches of one.</param>
/// <param name="InitialScale">Standard deviation of the student's first weights.</param>
/// <param name="Regularizer">What is varied.</param>
/// <param name="Values">Its published values; 0 is plain SGD.</param>
public sealed record TwoLayerExperiment(string Name, string Title, Activation Activation, double LearningRate, double InitialScale, Regularizer Regularizer, IReadOnlyList<double> Values)
{
    /// <summary>All four, in the order in which they were published.</summary>
    public static IReadOnlyList<TwoLayerExperiment> All { get; } =
    [
        new("abs", "Absolute value", Activation.Absolute, 0.01, 0.3, Regularizer.Sam, [0, 0.1, 0.2, 0.3, 0.4]),
        new("tanh", "Hyperbolic tangent", Activation.Tanh, 0.005, 1, Regularizer.Sam, [0, 0.2, 0.4, 0.6, 0.8]),
        new("relu", "ReLU", Activation.Relu, 0.1, 0.3, Regularizer.Sam, [0, 0.1, 0.2, 0.4, 0.6]),
        new("gradnorm", "ReLU with a penalty on the gradient's norm", Activation.Relu, 0.1, 0.3, Regularizer.GradientNorm, [0, 0.1, 0.2, 0.3, 0.35, 0.38]),
    ];

    /// <summary>Units of a student.</summary>
    public const int StudentUnits = 100;

    /// <summary>The letter of <see cref="Values"/>: ρ or λ.</summary>
    public string Symbol => Regularizer == Regularizer.Sam ? "ρ" : "λ";

    /// <summary>The experiment of a name; <c>gradient-norm</c> is <c>gradnorm</c>.</summary>
    /// <exception cref="UsageException">Unknown; the message lists the known ones.</exception>
    public static TwoLayerExperiment Named(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(experiment => experiment.Name == (name == "gradient-norm" ? "gradnorm" : name))
            ?? throw new UsageException($"There is no figure '{name}'.", "Name one of abs, tanh, relu, gradient-norm, or none for all of them.");
    }
}
