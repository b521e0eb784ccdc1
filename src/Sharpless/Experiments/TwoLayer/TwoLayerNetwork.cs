using System.Numerics;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>
/// f(x) = a · φ(W x + b) + c with all parameters in one flat vector, and the gradient of its loss in closed form. The arithmetic of a network
/// depends on nothing but itself, so networks trained side by side are those trained alone, to the bit.
/// </summary>
/// <typeparam name="T">float as published, or double.</typeparam>
internal sealed class TwoLayerNetwork<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T[] _values;
    private readonly T[] _slopes;

    /// <summary>A network with given weights.</summary>
    internal TwoLayerNetwork(Activation activation, TwoLayerWeights weights)
    {
        (Activation, Inputs, Units) = (activation, weights.Inputs, weights.Units);
        Lanes = (Units + Vector<T>.Count - 1) / Vector<T>.Count * Vector<T>.Count;
        Parameters = new T[(Inputs + 2) * Lanes + Vector<T>.Count];
        for (int unit = 0; unit < Units; unit++)
        {
            for (int input = 0; input < Inputs; input++) Parameters[input * Lanes + unit] = T.CreateChecked(weights.Hidden[unit * Inputs + input]);
            Parameters[HiddenBias + unit] = T.CreateChecked(weights.HiddenBias[unit]);
            Parameters[Output + unit] = T.CreateChecked(weights.Output[unit]);
        }

        Parameters[OutputBias] = T.CreateChecked(weights.OutputBias);
        _values = new T[Lanes];
        _slopes = new T[Lanes];
    }

    internal Activation Activation { get; }

    /// <summary>d.</summary>
    internal int Inputs { get; }

    /// <summary>m.</summary>
    internal int Units { get; }

    /// <summary>Length of a part of <see cref="Parameters"/>: the units, filled up with zeros to whole vectors of the processor. They stay zero, as φ(0) = 0.</summary>
    internal int Lanes { get; }

    /// <summary>The columns of W one after the other, then b, a and c: each part <see cref="Lanes"/> long, c as long as a vector of the processor.</summary>
    internal T[] Parameters { get; }

    internal int HiddenBias => Inputs * Lanes;

    internal int Output => (Inputs + 1) * Lanes;

    internal int OutputBias => (Inputs + 2) * Lanes;

    /// <summary>Pre-activations h = W x + b of one point, [Lanes].</summary>
    /// <param name="parameters">Laid out as <see cref="Parameters"/>.</param>
    /// <param name="x">[d].</param>
    /// <param name="h">Filled.</param>
    internal void PreActivations(T[] parameters, ReadOnlySpan<T> x, Span<T> h)
    {
        for (int unit = 0; unit < Lanes; unit += Vector<T>.Count) PreActivations(parameters, x, unit).CopyTo(h[unit..]);
    }

    /// <summary>Outputs at points [n, d].</summary>
    internal T[] Outputs(ReadOnlySpan<T> points)
    {
        var outputs = new T[points.Length / Inputs];
        for (int i = 0; i < outputs.Length; i++) outputs[i] = forward(Parameters, points.Slice(i * Inputs, Inputs));
        return outputs;
    }

    /// <summary>Outputs, and features φ(W x + b) as [n, m], at points [n, d].</summary>
    internal (T[] Outputs, T[] Features) Features(ReadOnlySpan<T> points)
    {
        var outputs = new T[points.Length / Inputs];
        var features = new T[outputs.Length * Units];
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = forward(Parameters, points.Slice(i * Inputs, Inputs));
            _values.AsSpan(0, Units).CopyTo(features.AsSpan(i * Units));
        }

        return (outputs, features);
    }

    /// <summary>Gradient of (f - y)² at one point: dW = 2 r a φ' xᵀ, db = 2 r a φ', da = 2 r φ, dc = 2 r with r = f - y.</summary>
    /// <param name="parameters">Where; laid out as <see cref="Parameters"/>.</param>
    /// <param name="x">[d].</param>
    /// <param name="y">Label.</param>
    /// <param name="gradient">Filled; laid out likewise.</param>
    internal void Gradient(T[] parameters, ReadOnlySpan<T> x, T y, T[] gradient)
    {
        T twice = T.CreateChecked(2) * (forward(parameters, x) - y);
        for (int unit = 0; unit < Lanes; unit += Vector<T>.Count)
        {
            Vector<T> a = new(parameters, Output + unit);
            (twice * (a * new Vector<T>(_slopes, unit))).CopyTo(gradient, HiddenBias + unit);
            (twice * new Vector<T>(_values, unit)).CopyTo(gradient, Output + unit);
        }

        TimesInput(x, gradient);
        gradient[OutputBias] = twice;
    }

    /// <summary>Gradient of (f - y)² + λ |gradient of (f - y)²| at one point, for activations whose second derivative is 0 (ReLU, absolute value).</summary>
    /// <remarks>
    /// With s = sign r, n² = |x|² + 1 and N = |gradient of f| = √(Σ φ² + n² Σ a² φ'² + 1), the penalty is 2 λ |r| N and
    /// db = 2 (r + λ s N) a φ' + 2 λ |r| φ φ' / N, dW = db xᵀ, da = 2 (r + λ s N) φ + 2 λ |r| a φ'² n² / N, dc = 2 (r + λ s N).
    /// </remarks>
    /// <inheritdoc cref="Gradient"/>
    /// <param name="parameters">Where; laid out as <see cref="Parameters"/>.</param>
    /// <param name="x">[d].</param>
    /// <param name="y">Label.</param>
    /// <param name="penalty">λ.</param>
    /// <param name="nanAtZero">Whether the norm of a gradient that is exactly 0 has the gradient NaN, as published, and not 0.</param>
    /// <param name="gradient">Filled; laid out likewise.</param>
    internal void GradientNormGradient(T[] parameters, ReadOnlySpan<T> x, T y, T penalty, bool nanAtZero, T[] gradient)
    {
        T residual = forward(parameters, x) - y, square = SquareWithBias(x), norm = OutputGradientNorm(parameters, x), two = T.CreateChecked(2);
        if (nanAtZero && residual == T.Zero) residual = T.NaN;
        T fit = two * (residual + penalty * T.CreateChecked(Sign(residual)) * norm), shrink = two * penalty * T.Abs(residual) / norm;
        for (int unit = 0; unit < Lanes; unit += Vector<T>.Count)
        {
            Vector<T> a = new(parameters, Output + unit), value = new(_values, unit), slope = new(_slopes, unit);
            (fit * (a * slope) + shrink * (value * slope)).CopyTo(gradient, HiddenBias + unit);
            (fit * value + (shrink * square) * (a * slope * slope)).CopyTo(gradient, Output + unit);
        }

        TimesInput(x, gradient);
        gradient[OutputBias] = fit;
    }

    /// <summary>Adds the gradient of the mean of φ(h)² over points and units, times a strength.</summary>
    /// <param name="parameters">Where; laid out as <see cref="Parameters"/>.</param>
    /// <param name="activation">φ.</param>
    /// <param name="points">[n, d].</param>
    /// <param name="strength">Factor.</param>
    /// <param name="gradient">Added to; laid out likewise.</param>
    internal void AddActivationPenaltyGradient(T[] parameters, Activation activation, ReadOnlySpan<T> points, T strength, T[] gradient)
    {
        T factor = T.CreateChecked(2) * strength / T.CreateChecked(points.Length / Inputs * Units);
        for (int i = 0; i < points.Length; i += Inputs)
        {
            ReadOnlySpan<T> x = points.Slice(i, Inputs);
            for (int unit = 0; unit < Lanes; unit += Vector<T>.Count)
            {
                (Vector<T> value, Vector<T> slope) = ActivationFunction.At(activation, PreActivations(parameters, x, unit));
                Vector<T> change = factor * (value * slope);
                for (int input = 0; input < Inputs; input++) Add(x[input] * change, input * Lanes + unit);
                Add(change, HiddenBias + unit);
            }
        }

        void Add(Vector<T> change, int at) => (new Vector<T>(gradient, at) + change).CopyTo(gradient, at);
    }

    /// <summary>N, the norm of the gradient of f at the point of the last forward pass.</summary>
    internal T OutputGradientNorm(T[] parameters, ReadOnlySpan<T> x)
    {
        Vector<T> values = Vector<T>.Zero, slopes = Vector<T>.Zero;
        for (int unit = 0; unit < Lanes; unit += Vector<T>.Count)
        {
            Vector<T> value = new(_values, unit), weighted = new Vector<T>(parameters, Output + unit) * new Vector<T>(_slopes, unit);
            values += value * value;
            slopes += weighted * weighted;
        }

        return T.Sqrt(Vector.Sum(values) + SquareWithBias(x) * Vector.Sum(slopes) + T.One);
    }

    /// <summary>f at one point; leaves φ and φ' of every unit behind.</summary>
    internal T forward(T[] parameters, ReadOnlySpan<T> x)
    {
        Vector<T> sum = Vector<T>.Zero;
        for (int unit = 0; unit < Lanes; unit += Vector<T>.Count)
        {
            (Vector<T> value, Vector<T> slope) = ActivationFunction.At(Activation, PreActivations(parameters, x, unit));
            value.CopyTo(_values, unit);
            slope.CopyTo(_slopes, unit);
            sum += new Vector<T>(parameters, Output + unit) * value;
        }

        return Vector.Sum(sum) + parameters[OutputBias];
    }

    /// <summary>φ of a unit at the point of the last forward pass.</summary>
    internal T LastValue(int unit) => _values[unit];

    /// <summary>|x|² + 1: the 1 is the input of the bias.</summary>
    internal static T SquareWithBias(ReadOnlySpan<T> x)
    {
        T square = T.One;
        foreach (T value in x) square += value * value;
        return square;
    }

    private Vector<T> PreActivations(T[] parameters, ReadOnlySpan<T> x, int unit)
    {
        // Rounded as PyTorch does, to the bit: SAM brings units so near to 0 that the rounding of this sum decides whether they count as on.
        Vector<T> sum = x[0] * new Vector<T>(parameters, unit);
        for (int input = 1; input < x.Length; input++) sum = MultiplyAdd(x[input], new Vector<T>(parameters, input * Lanes + unit), sum);
        return sum + new Vector<T>(parameters, HiddenBias + unit);
    }

    // Vectors of any T have no fused form; double, which only checks, does without.
    private static Vector<T> MultiplyAdd(T x, Vector<T> w, Vector<T> sum) => typeof(T) == typeof(float)
        ? Vector.FusedMultiplyAdd(new Vector<T>(x).As<T, float>(), w.As<T, float>(), sum.As<T, float>()).As<float, T>()
        : x * w + sum;

    // dW = db xᵀ.
    private void TimesInput(ReadOnlySpan<T> x, T[] gradient)
    {
        for (int input = 0; input < x.Length; input++)
        {
            for (int unit = 0; unit < Lanes; unit += Vector<T>.Count) (x[input] * new Vector<T>(gradient, HiddenBias + unit)).CopyTo(gradient, input * Lanes + unit);
        }
    }

    // T.Sign throws for NaN, which is to be seen in the loss.
    private static int Sign(T value) => value > T.Zero ? 1 : value < T.Zero ? -1 : 0;
}
