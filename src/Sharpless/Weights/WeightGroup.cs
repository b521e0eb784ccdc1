namespace Sharpless.Weights;

/// <summary>
/// Parameters whose learning rate, weight decay or radius differ from those of the rest: a parameter group. It has factors, not values, so that
/// schedules act on all groups alike, as those of <c>torch.optim.lr_scheduler</c> do.
/// </summary>
/// <example><code>new WeightGroup { Name = "head", Has = slot => slot.Name.StartsWith("head."), LearningRateFactor = 10, WeightDecayFactor = 0 }</code></example>
public sealed record WeightGroup
{
    /// <summary>What messages call it.</summary>
    public required string Name { get; init; }

    /// <summary>Which parameters belong to it: one or more, and none of another group.</summary>
    public required Func<WeightSlot, bool> Has { get; init; }

    /// <summary>What the base optimizer's learning rate is multiplied with, finite and 0 or more. Default 1.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>What its weight decay is multiplied with, finite and 0 or more. Default 1.</summary>
    public double WeightDecayFactor { get; init; } = 1;

    /// <summary>
    /// What the perturbation is multiplied with where the group lies, finite and 0 or more. Default 1. The norm of the gradient stays that of all
    /// parameters together, as in the Python SAM repositories, whose <c>rho</c> of a group is this factor times ρ.
    /// </summary>
    public double RhoFactor { get; init; } = 1;

    internal IEnumerable<string> Problems()
    {
        foreach ((string name, double factor) in ((string, double)[])
            [(nameof(LearningRateFactor), LearningRateFactor), (nameof(WeightDecayFactor), WeightDecayFactor), (nameof(RhoFactor), RhoFactor)])
        {
            if (!(factor >= 0 && double.IsFinite(factor))) yield return $"{name} of the group '{Name}' is {factor}; it must be finite and 0 or more.";
        }
    }
}
