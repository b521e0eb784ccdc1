namespace Sharpless.Analysis;

/// <summary>How much worse a model gets at a perturbation of its weights.</summary>
/// <param name="LossIncrease">Loss at the perturbed weights minus loss at w.</param>
/// <param name="ErrorIncrease">The same of the error, -1 to 1.</param>
public readonly record struct Sharpness(double LossIncrease, double ErrorIncrease);

/// <summary>The worst perturbation that was found, and what it does.</summary>
/// <param name="Sharpness">Increase of loss and error there.</param>
/// <param name="GradientNorm">|g| of the loss there, L2 over all live weights.</param>
/// <param name="Norm">Norm of the perturbation, as its neighbourhood measures it; at most ρ.</param>
public readonly record struct WorstPerturbation(Sharpness Sharpness, double GradientNorm, double Norm);
