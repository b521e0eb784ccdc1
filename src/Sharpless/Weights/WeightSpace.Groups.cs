namespace Sharpless.Weights;

// Parameter groups.
public sealed partial class WeightSpace
{
    private readonly Dictionary<WeightSlot, WeightGroup> _groups = [];

    /// <summary>The group that a parameter belongs to; null for none, where every factor is 1.</summary>
    public WeightGroup? GroupOf(WeightSlot slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return _groups.GetValueOrDefault(slot);
    }

    /// <summary>The point becomes w + ε, where w is live and ε is a perturbation with each group's <see cref="WeightGroup.RhoFactor"/>. w keeps its bits.</summary>
    internal void Perturb(WeightVector perturbation)
    {
        MovePoint(HasRadii() ? perturbation.Times(Constant(slot => GroupOf(slot)?.RhoFactor ?? 1)) : perturbation);
    }

    /// <summary>The same for ε = scale * g, in one pass where no group has a radius of its own.</summary>
    internal void Perturb(double scale)
    {
        if (!HasRadii())
        {
            Ascend(scale);
            return;
        }

        using var scope = NewDisposeScope();
        Perturb(Gradient() * scale);
    }

    private bool HasRadii() => _groups.Values.Any(group => group.RhoFactor != 1);

    private void SetGroups(IReadOnlyList<WeightGroup> groups)
    {
        if (groups.SelectMany(group => group.Problems()).FirstOrDefault() is string problem) throw new ArgumentException(problem, nameof(groups));
        foreach (WeightGroup group in groups)
        {
            List<WeightSlot> members = [.. Slots.Where(group.Has)];
            if (members.Count == 0)
            {
                throw new ArgumentException(
                    $"The group '{group.Name}' has none of the parameters {string.Join(", ", Slots.Select(slot => slot.Name))}.", nameof(groups));
            }

            foreach (WeightSlot slot in members)
            {
                if (!_groups.TryAdd(slot, group))
                {
                    throw new ArgumentException($"The parameter '{slot.Name}' is in the groups '{_groups[slot].Name}' and '{group.Name}'; it can be in one.", nameof(groups));
                }
            }
        }
    }
}
