using Sharpless.Torch;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>Weights of f(x) = a · φ(W x + b) + c, in float32.</summary>
/// <param name="Hidden">W [m, d], row-major.</param>
/// <param name="HiddenBias">b [m].</param>
/// <param name="Output">a [m].</param>
/// <param name="OutputBias">c.</param>
internal sealed record TwoLayerWeights(float[] Hidden, float[] HiddenBias, float[] Output, float OutputBias)
{
    /// <summary>m.</summary>
    internal int Units => HiddenBias.Length;

    /// <summary>d.</summary>
    internal int Inputs => Hidden.Length / Units;

    /// <summary>The published draw: all of a normal distribution times a scale, by libtorch's generator (a 32-bit Mersenne Twister).</summary>
    /// <remarks>
    /// The published code makes dense layers, whose default initialization it then overwrites: those draws come first and are thrown away. It
    /// scales c by the scale of the first layer, which is that of all here. Agrees across processors to about 1e-6, since libtorch's logarithm and
    /// cosine depend on their instruction set.
    /// </remarks>
    /// <param name="seed">Of the generator, which is a fresh one for every network.</param>
    /// <param name="inputs">d.</param>
    /// <param name="units">m.</param>
    /// <param name="scale">Standard deviation.</param>
    internal static TwoLayerWeights Draw(int seed, int inputs, int units, double scale)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(seed);
        // One draw for each number: W and b of the hidden layer, a and c of the output.
        Tensor.Empty([units * inputs + units + units + 1]).uniform_(0, 1, generator);
        float[] hidden = Normal(units, inputs), output = Normal(units), hiddenBias = Normal(units);
        return new TwoLayerWeights(hidden, hiddenBias, output, Normal(1)[0]);

        float[] Normal(params long[] shape)
        {
            Tensor tensor = Tensor.Empty(shape);
            tensor.normal_(0, 1, generator);
            return Array.ConvertAll(tensor.ToArray<float>(), value => (float)scale * value);
        }
    }

    /// <summary>The teacher of these weights: rows of W of length 1, the signs of a; the biases stay.</summary>
    internal TwoLayerWeights AsTeacher() => this with { Hidden = UnitRows(Hidden, Inputs), Output = Array.ConvertAll(Output, value => (float)Math.Sign(value)) };

    /// <summary>Each number moved by a relative amount: w (1 + size · u) with u normal.</summary>
    /// <param name="size">Standard deviation of the relative change.</param>
    /// <param name="seed">Of the change.</param>
    internal TwoLayerWeights Perturbed(double size, int seed)
    {
        using var scope = NewDisposeScope();
        using var generator = Generator.Seeded(seed);
        return new TwoLayerWeights(Moved(Hidden), Moved(HiddenBias), Moved(Output), Moved([OutputBias])[0]);

        float[] Moved(float[] values)
        {
            Tensor noise = Tensor.Empty([values.Length]);
            noise.normal_(0, size, generator);
            return [.. values.Zip(noise.ToArray<float>(), (value, relative) => (float)(value * (1 + (double)relative)))];
        }
    }

    /// <summary>Rows scaled to Euclidean length 1, in float32 as published.</summary>
    internal static float[] UnitRows(float[] values, int width)
    {
        var scaled = new float[values.Length];
        for (int row = 0; row < values.Length; row += width)
        {
            float squares = 0;
            for (int i = 0; i < width; i++) squares += values[row + i] * values[row + i];
            float length = MathF.Sqrt(squares);
            for (int i = 0; i < width; i++) scaled[row + i] = values[row + i] / length;
        }

        return scaled;
    }
}
