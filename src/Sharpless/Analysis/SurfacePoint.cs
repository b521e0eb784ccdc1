namespace Sharpless.Analysis;

/// <summary>What a loss surface is at one point of weight space.</summary>
/// <param name="Loss">Mean loss over the examples.</param>
/// <param name="Error">Share of wrong answers, 0 to 1.</param>
public readonly record struct SurfacePoint(double Loss, double Error);
