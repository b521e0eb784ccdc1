using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Training;

/// <summary>|g|² of an objective, with a graph of its own for the second derivatives: the penalty on the gradient's norm, exactly.</summary>
internal static class SquaredGradient
{
    /// <summary>The sum over all live weights.</summary>
    /// <param name="objective">One number, computed by the model at the point where it stands.</param>
    /// <param name="model">The network.</param>
    /// <param name="weights">Its weights.</param>
    internal static Tensor Of(Tensor objective, nn.Module model, WeightSpace weights)
    {
        Tensor?[] gradients = objective.Gradients([.. model.Parameters().Select(item => item.Parameter)], createGraph: true);
        Tensor sum = zeros([], device: objective.device);
        for (int i = 0; i < gradients.Length; i++)
        {
            if (gradients[i]?.To(ScalarType.Float32) is not { } gradient) continue;
            if (weights.MaskOf(weights.Slots[i]) is { } live) gradient *= live.To(ScalarType.Float32);
            sum += gradient.pow(2).sum();
        }

        return sum;
    }
}
