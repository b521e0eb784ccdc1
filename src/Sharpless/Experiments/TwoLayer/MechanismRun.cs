namespace Sharpless.Experiments.TwoLayer;

/// <summary>What SAM's steps did to the pre-activations of one ReLU student, beside what theory predicts. Only updates with SAM count.</summary>
/// <param name="Rho">ρ.</param>
/// <param name="Seed">Of data, teacher and student.</param>
/// <param name="SignAgreement">Share of the changes of units that are on whose sign the first-order formula predicts.</param>
/// <param name="FirstOrderError">Median over updates of |predicted - measured| / |measured|, as vectors over the units that are on.</param>
/// <param name="PatternKept">Share of updates whose perturbation switches no unit at their point, for which the exact formula is made.</param>
/// <param name="ExactError">Largest |predicted - measured| / max(|measured|, 1e-6 |h|) of the exact formula over those updates: smaller changes drown in the rounding of h.</param>
/// <param name="Reduction">How far the reduction term lowered a pre-activation over all updates, mean over units.</param>
/// <param name="Fitting">What the fitting term added over all updates, mean over units.</param>
/// <param name="UnitsLost">Units that were on at a training point at the start and are on at none when SAM ends.</param>
/// <param name="UnitsBack">Units that were on at no training point at some update and later at one again.</param>
/// <param name="Windows">The course of it.</param>
/// <param name="Residuals">At the weights of the last update with SAM: what the first-order formula leaves, for radii from large to small.</param>
public sealed record MechanismRun(
    double Rho, int Seed, double SignAgreement, double FirstOrderError, double PatternKept, double ExactError, double Reduction, double Fitting, int UnitsLost, int UnitsBack,
    IReadOnlyList<MechanismWindow> Windows, IReadOnlyList<MechanismResidual> Residuals);

/// <summary>Some updates in a row.</summary>
/// <param name="Iteration">The first of them.</param>
/// <param name="Reduction">Mean of the reduction term per update and unit, 0 or more.</param>
/// <param name="Fitting">Mean absolute value of the fitting term per update and unit.</param>
/// <param name="SignAgreement">As over the whole run; NaN where no unit moved.</param>
/// <param name="FirstOrderError">As over the whole run; NaN where no unit moved.</param>
public sealed record MechanismWindow(int Iteration, double Reduction, double Fitting, double SignAgreement, double FirstOrderError);

/// <summary>What the first-order formula leaves at a radius.</summary>
/// <param name="Rho">ρ.</param>
/// <param name="Residual">Root mean square over training points of |predicted - exact change| over the units that are on, for one step at each point.</param>
public sealed record MechanismResidual(double Rho, double Residual);
