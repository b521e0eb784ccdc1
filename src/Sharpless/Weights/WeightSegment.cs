using Sharpless.Torch;

namespace Sharpless.Weights;

/// <summary>A stretch of weight space whose point has one element type. All tensors are flat and of one length.</summary>
/// <param name="Master">The weights w, Float32.</param>
/// <param name="Point">What the model computes with: a rounding of w, or of w + ε(w).</param>
/// <param name="Gradient">Gradient at the point, of the point's type; backward passes add to it.</param>
public sealed record WeightSegment(Tensor Master, Tensor Point, Tensor Gradient);
