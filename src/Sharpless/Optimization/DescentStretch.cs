using Sharpless.Torch;
using Sharpless.Torch.Modules;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>A stretch of a flat segment whose weights descend alike.</summary>
/// <param name="Segment">Index of the segment.</param>
/// <param name="Start">First element, counted from the start of the segment.</param>
/// <param name="Length">Number of elements.</param>
/// <param name="RateFactor">What the learning rate is multiplied with.</param>
/// <param name="DecayFactor">What weight decay is multiplied with; 0 where it does not act.</param>
internal readonly record struct DescentStretch(int Segment, long Start, long Length, double RateFactor, double DecayFactor)
{
    /// <summary>The stretches of a whole space but for what is frozen, the longest possible: one for each segment where all descends alike.</summary>
    internal static IReadOnlyList<DescentStretch> Of(WeightSpace weights, DecayedWeights decayed, bool[] frozen)
    {
        List<DescentStretch> stretches = [];
        for (int segment = 0; segment < weights.Segments.Count; segment++)
        {
            // A stretch begins where the answer changes, and ends where the next one begins.
            List<(long Start, (double Rate, double Decay, bool IsFrozen) Answer)> begins = [];
            foreach ((WeightSlot slot, bool isFrozen) in weights.Slots.Zip(frozen).Where(item => item.First.Segment == segment).OrderBy(item => item.First.Offset))
            {
                WeightGroup? group = weights.GroupOf(slot);
                double decay = decayed == DecayedWeights.All || slot.Role == ParameterRole.Weight ? group?.WeightDecayFactor ?? 1 : 0;
                (double, double, bool) answer = (group?.LearningRateFactor ?? 1, decay, isFrozen);
                if (begins.Count == 0 || begins[^1].Answer != answer) begins.Add((slot.Offset, answer));
            }

            long length = weights.Segments[segment].Master.NumberOfElements;
            for (int i = 0; i < begins.Count; i++)
            {
                (long start, (double rate, double decay, bool isFrozen)) = begins[i];
                long end = i + 1 < begins.Count ? begins[i + 1].Start : length;
                if (!isFrozen) stretches.Add(new DescentStretch(segment, start, end - start, rate, decay));
            }
        }

        return stretches;
    }
}
