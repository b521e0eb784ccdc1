using System.Numerics;

namespace Sharpless.Experiments.TwoLayer;

/// <summary>The activation φ of a two-layer network.</summary>
public enum Activation
{
    /// <summary>max(h, 0).</summary>
    Relu,

    /// <summary>|h|.</summary>
    Absolute,

    /// <summary>tanh h.</summary>
    Tanh,
}

/// <summary>φ and its derivative, a few units at a time.</summary>
internal static class ActivationFunction
{
    /// <summary>φ(h) and φ'(h); the derivatives of ReLU and of the absolute value at 0 are 0.</summary>
    internal static (Vector<T> Value, Vector<T> Slope) At<T>(Activation activation, Vector<T> h)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        switch (activation)
        {
            case Activation.Relu:
                Vector<T> isOn = Vector.GreaterThan(h, Vector<T>.Zero);
                return (Vector.BitwiseAnd(h, isOn), Vector.BitwiseAnd(Vector<T>.One, isOn));
            case Activation.Absolute:
                Vector<T> above = Vector.BitwiseAnd(Vector<T>.One, Vector.GreaterThan(h, Vector<T>.Zero)), below = Vector.BitwiseAnd(Vector<T>.One, Vector.LessThan(h, Vector<T>.Zero));
                return (Vector.Abs(h), above - below);
            case Activation.Tanh:
                Vector<T> value = h;
                for (int lane = 0; lane < Vector<T>.Count; lane++) value = value.WithElement(lane, T.Tanh(h[lane]));
                return (value, Vector<T>.One - value * value);
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "Bug in Sharpless: unknown activation.");
        }
    }
}
