namespace Sharpless.Optimization;

/// <summary>What one step did.</summary>
/// <param name="Loss">Loss at w.</param>
/// <param name="PerturbedLoss">Loss at w + ε(w); that at w where there was no ascent.</param>
/// <param name="GradientNorm">|g| of the gradient that the descent took.</param>
/// <param name="Skipped">Whether a gradient was not finite; then weights, momentum and batch-norm statistics are as before the step.</param>
public readonly record struct StepResult(double Loss, double PerturbedLoss, double GradientNorm, bool Skipped);
