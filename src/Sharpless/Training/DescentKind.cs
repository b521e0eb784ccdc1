namespace Sharpless.Training;

/// <summary>Base optimizers that the command line knows.</summary>
public enum DescentKind
{
    /// <summary><see cref="Optimization.Sgd"/>, with momentum.</summary>
    Sgd,
    /// <summary><see cref="Optimization.Adam"/>; momentum does not apply to it.</summary>
    Adam,
}
