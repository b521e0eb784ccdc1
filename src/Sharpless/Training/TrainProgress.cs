namespace Sharpless.Training;

/// <summary>How far a run is, told after every step.</summary>
/// <param name="Iteration">Steps taken.</param>
/// <param name="TotalIterations">Steps of the whole run.</param>
/// <param name="Objective">Mean of the loss that was minimised, since the last evaluation; at w + ε(w) under SAM.</param>
/// <param name="StepsPerSecond">Training steps alone.</param>
/// <param name="Phase">What is being done: <c>training</c> or <c>evaluating</c>.</param>
/// <param name="LastEvaluation">The last row of <c>metrics.csv</c>, or null.</param>
public sealed record TrainProgress(long Iteration, long TotalIterations, double Objective, double StepsPerSecond, string Phase, EvaluationRecord? LastEvaluation);
