namespace Sharpless.Kernels;

/// <summary>What a step of Adam (arXiv:1412.6980) is made with. The defaults are PyTorch's.</summary>
public sealed record AdamRates
{
    /// <summary>Learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of the past in the average of gradients, 0 to below 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Share of the past in the average of squares, 0 to below 1.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the average of squares.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Coupled weight decay: added to the gradient.</summary>
    public double WeightDecay { get; init; }
}
