namespace Sharpless.Training;

/// <summary>Where a run that starts from given weights learns which of them are pruned. Pruned weights stay 0 through every step.</summary>
public enum MaskSource
{
    /// <summary>That of packed weights (<see cref="Pruning.PackedWeights"/>), or the mask file beside the weights (<see cref="Pruning.MaskFile"/>), if it is there; else nothing is pruned.</summary>
    File,
    /// <summary>Exact zeros in weights of convolutions and linear layers are pruned.</summary>
    Zeros,
    /// <summary>Nothing is pruned: zeros may grow back.</summary>
    None,
}
