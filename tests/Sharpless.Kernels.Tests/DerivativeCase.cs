using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels.Tests;

/// <summary>
/// A fused operator against the same function of libtorch's operators in float64: values, gradients of every input, and
/// gradients of a function of the gradients.
/// </summary>
internal static class DerivativeCase
{
    /// <param name="inputs">Leaves that ask for gradients; the operator's own types.</param>
    /// <param name="fused">The operator.</param>
    /// <param name="exact">The reference, given the same numbers in float64.</param>
    /// <param name="tolerance">Share of the largest number of each compared tensor.</param>
    /// <param name="second">The same for second derivatives; null where they are not compared.</param>
    internal static void Check(
        Tensor[] inputs,
        Func<Tensor[], Tensor> fused,
        Func<Tensor[], Tensor> exact,
        double tolerance,
        double? second
    )
    {
        CheckOnce(inputs, fused, exact, tolerance, second);
        // The same without the kernels: what other systems and devices run.
        KernelLibrary.IsSwitchedOff = true;
        try
        {
            CheckOnce([.. inputs.Select(input => input.Leaf())], fused, exact, tolerance, second);
        }
        finally
        {
            KernelLibrary.IsSwitchedOff = false;
        }
    }

    private static void CheckOnce(
        Tensor[] inputs,
        Func<Tensor[], Tensor> fused,
        Func<Tensor[], Tensor> exact,
        double tolerance,
        double? second
    )
    {
        Tensor[] references = [.. inputs.Select(input => input.Exact())];
        Tensor output = fused(inputs),
            reference = exact(references);
        Setup.Near(output, reference, tolerance, "value");

        Tensor weight = Setup.Drawn(99, ScalarType.Float32, reference.shape).to(output.dtype);
        (output * weight).sum().backward();
        AutogradNode.ThrowIfFailed();
        (reference * weight.to(ScalarType.Float64)).sum().backward();
        for (int i = 0; i < inputs.Length; i++)
        {
            Assert.NotNull(inputs[i].grad);
            Setup.Near(inputs[i].grad!, references[i].grad!, tolerance, $"gradient of input {i}");
        }

        if (second is not { } allowed)
            return;
        Tensor[] again = [.. inputs.Select(input => input.Leaf())],
            exactAgain = [.. inputs.Select(input => input.Exact())];
        SquaredGradients(again, (fused(again) * weight).sum()).backward();
        AutogradNode.ThrowIfFailed();
        SquaredGradients(exactAgain, (exact(exactAgain) * weight.to(ScalarType.Float64)).sum()).backward();
        for (int i = 0; i < inputs.Length; i++)
        {
            // None at all is as good as zeros: the gradients do not depend on that input.
            Tensor expected = exactAgain[i].grad ?? zeros_like(exactAgain[i]),
                actual = again[i].grad ?? zeros_like(again[i]);
            Setup.Near(actual, expected, allowed, $"second derivative at input {i}");
        }
    }

    // Sum of the squares of the gradients: a penalty on the gradient's norm.
    private static Tensor SquaredGradients(Tensor[] inputs, Tensor output)
    {
        IList<Tensor> gradients = autograd.grad([output], inputs, retain_graph: true, create_graph: true);
        return gradients.Select(gradient => gradient.to(ScalarType.Float64).square().sum()).Aggregate((a, b) => a + b);
    }
}
