using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Optimization;

/// <summary>
/// Puts random noise on the master weights, w' = m w + a, until disposed: then w has its old bits again. (The published code subtracts the noise,
/// and under SAM does not undo it at all.)
/// </summary>
internal sealed class DisturbedWeights : IDisposable
{
    private readonly WeightSpace _weights;
    private readonly List<Tensor> _before = [];

    internal DisturbedWeights(WeightSpace weights, NoiseOptions noise)
    {
        _weights = weights;
        foreach (WeightSegment segment in weights.Segments) _before.Add(segment.Master.clone());
        foreach (WeightSlot slot in weights.Slots)
        {
            using var scope = NewDisposeScope();
            Tensor w = weights.MasterOf(slot);
            if (noise.MultiplicativeScale != 0) w.mul_(Draw(slot, noise.Distribution).To(w.device) * noise.MultiplicativeScale + 1);
            if (noise.AdditiveScale != 0) w.add_(Draw(slot, noise.Distribution).To(w.device), noise.AdditiveScale);
        }

        weights.ApplyMask();
    }

    public void Dispose()
    {
        for (int i = 0; i < _before.Count; i++)
        {
            _weights.Segments[i].Master.copy_(_before[i]);
            _before[i].Dispose();
        }
    }

    private static Tensor Draw(WeightSlot slot, NoiseDistribution distribution) =>
        distribution == NoiseDistribution.Gauss ? randn(slot.Shape) : empty(slot.Shape).uniform_(-0.5, 0.5);
}
