using Sharpless.Analysis;
using Sharpless.Torch;
using Sharpless.Weights;

namespace Sharpless.Tests.Analysis;

public class AscentRoundingTests
{
    [Fact]
    public void Float32_moves_every_weight_by_the_perturbation()
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new TinyNetwork(seed: 1), Precision.Float32);
        AscentRounding rounding = AscentRounding.Of(weights, weights.Constant(_ => 1e-3));
        Assert.Equal(1, rounding.MovedShare);
        Assert.Equal(1, rounding.LengthRatio, 1e-4);
        Assert.Equal(1, rounding.Cosine, 1e-6);
        Assert.Equal(0, rounding.NoiseRatio, 2e-3);
    }

    // Near 1, bfloat16 has a step of 2^-7. A perturbation of 0.3 steps leaves every weight; one of 0.6 steps moves each by a whole step.
    [Theory, InlineData(0.3, 0, 0, 0), InlineData(0.6, 1, 1 / 0.6, 1)]
    public void Bfloat16_moves_a_weight_by_whole_steps(double steps, double moved, double length, double cosine)
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new TinyNetwork(seed: 1), Precision.BFloat16);
        foreach (WeightSlot slot in weights.Slots) weights.MasterOf(slot).fill_(1);
        // Normalization stays float32 and would move exactly.
        WeightVector perturbation = weights.Constant(slot => slot.Segment == 0 ? steps / 128 : 0);
        AscentRounding rounding = AscentRounding.Of(weights, perturbation);
        Assert.Equal(moved, rounding.MovedShare);
        Assert.Equal(length, rounding.LengthRatio, 1e-6);
        Assert.Equal(cosine, rounding.Cosine, 1e-6);
    }

    [Fact]
    public void Lengths_and_angle_are_those_of_the_rounded_weights_in_float64()
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new TinyNetwork(seed: 2), Precision.BFloat16);
        Runtime.Seed(5);
        WeightVector perturbation = weights.Normal() * 1e-3;
        AscentRounding rounding = AscentRounding.Of(weights, perturbation);

        double squared = 0, dot = 0, length = 0;
        int moved = 0, all = 0;
        foreach (WeightSlot slot in weights.Slots)
        {
            float[] w = weights.MasterOf(slot).flatten().ToArray<float>();
            float[] e = slot.View(perturbation.Segments[slot.Segment]).flatten().ToArray<float>();
            for (int i = 0; i < w.Length; i++)
            {
                // The same order of operations as the ascent: float32 sum, then one rounding.
                double step = slot.Segment == 0 ? Rounded(w[i] + e[i]) - (double)Rounded(w[i]) : (double)(w[i] + e[i]) - w[i];
                (squared, dot, length) = (squared + (step * step), dot + (step * e[i]), length + ((double)e[i] * e[i]));
                moved += step != 0 ? 1 : 0;
                all++;
            }
        }

        Assert.InRange(rounding.MovedShare, 0.05, 0.95);
        Assert.Equal((double)moved / all, rounding.MovedShare, 1e-9);
        Assert.Equal(Math.Sqrt(squared / length), rounding.LengthRatio, 1e-5);
        Assert.Equal(dot / Math.Sqrt(squared * length), rounding.Cosine, 1e-5);
        Assert.Equal(rounding.LengthRatio * rounding.LengthRatio, Math.Pow(rounding.Projection, 2) + Math.Pow(rounding.NoiseRatio, 2), 1e-9);
    }

    [Fact]
    public void A_perturbation_that_is_zero_or_not_finite_is_refused()
    {
        using var scope = NewDisposeScope();
        using var weights = new WeightSpace(new TinyNetwork(seed: 1), Precision.BFloat16);
        Assert.Throws<ArgumentException>(() => AscentRounding.Of(weights, weights.Constant(_ => 0)));
        Assert.Throws<ArgumentException>(() => AscentRounding.Of(weights, weights.Constant(_ => double.NaN)));
    }

    // Round to nearest, ties to even, on the bits: what bfloat16 keeps of a float32.
    private static float Rounded(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
