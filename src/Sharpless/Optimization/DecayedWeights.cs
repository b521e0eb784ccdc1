using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>Which weights weight decay acts on.</summary>
public enum DecayedWeights
{
    /// <summary>All, normalization and biases too, as published.</summary>
    All,
    /// <summary>Those of convolutions and matrix products alone.</summary>
    Matrices,
}

/// <summary>A stretch of a flat segment whose weights are decayed alike.</summary>
internal readonly record struct DecayStretch(int Segment, long Start, long Length, bool Decays)
{
    /// <summary>The stretches of a whole space, the longest possible: one for each segment where all is decayed.</summary>
    internal static IReadOnlyList<DecayStretch> Of(WeightSpace weights, DecayedWeights decayed, bool[] frozen)
    {
        List<DecayStretch> stretches = [];
        for (int segment = 0; segment < weights.Segments.Count; segment++)
        {
            // A stretch begins where the answer changes, and ends where the next one begins.
            List<(long Start, bool Decays, bool IsFrozen)> begins = [];
            foreach ((WeightSlot slot, bool isFrozen) in weights.Slots.Zip(frozen).Where(item => item.First.Segment == segment).OrderBy(item => item.First.Offset))
            {
                bool decays = decayed == DecayedWeights.All || slot.Role == ParameterRole.Weight;
                if (begins.Count == 0 || begins[^1].Decays != decays || begins[^1].IsFrozen != isFrozen) begins.Add((slot.Offset, decays, isFrozen));
            }

            long length = weights.Segments[segment].Master.NumberOfElements;
            for (int i = 0; i < begins.Count; i++)
            {
                long end = i + 1 < begins.Count ? begins[i + 1].Start : length;
                if (!begins[i].IsFrozen) stretches.Add(new DecayStretch(segment, begins[i].Start, end - begins[i].Start, begins[i].Decays));
            }
        }

        return stretches;
    }
}
