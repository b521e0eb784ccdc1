namespace Sharpless.Torch;

// Operators of C# are the friendly names of methods below; a method Add beside Plus would say the same twice.
#pragma warning disable CA2225

public sealed partial class Tensor
{
    // Values of libtorch's arguments "reduction" and "ignore_index" of losses.
    private const long NoReduction = 0, MeanReduction = 1, NothingIgnored = -100;

    /// <summary>Sum, with broadcasting.</summary>
    public static Tensor operator +(Tensor left, Tensor right) => Operators.Add.Call(left, right);

    /// <summary>Sum with a number.</summary>
    public static Tensor operator +(Tensor left, double right) => Operators.AddNumber.Call(left, right);

    /// <summary>Difference, with broadcasting.</summary>
    public static Tensor operator -(Tensor left, Tensor right) => Operators.Subtract.Call(left, right);

    /// <summary>Difference from a number.</summary>
    public static Tensor operator -(Tensor left, double right) => Operators.AddNumber.Call(left, -right);

    /// <summary>The opposite.</summary>
    public static Tensor operator -(Tensor value) => Operators.Negative.Call(value);

    /// <summary>Elementwise product, with broadcasting.</summary>
    public static Tensor operator *(Tensor left, Tensor right) => Operators.Multiply.Call(left, right);

    /// <summary>Product with a number.</summary>
    public static Tensor operator *(Tensor left, double right) => Operators.MultiplyNumber.Call(left, right);

    /// <summary>Elementwise quotient, with broadcasting.</summary>
    public static Tensor operator /(Tensor left, Tensor right) => Operators.Divide.Call(left, right);

    /// <summary>Quotient by a number.</summary>
    public static Tensor operator /(Tensor left, double right) => Operators.DivideNumber.Call(left, right);

    /// <summary>Matrix product over the last two dimensions, batched over the others, as <c>torch.matmul</c>.</summary>
    public Tensor MatrixProduct(Tensor right) => Operators.MatrixProduct.Call(this, right);

    /// <summary>Sum of all elements.</summary>
    public Tensor Sum() => Operators.Sum.Call(this);

    /// <summary>Sum along one dimension.</summary>
    public Tensor Sum(long dimension, bool keep = false) => Operators.SumAlong.Call(this, new[] { dimension }, keep);

    /// <summary>Mean of all elements.</summary>
    public Tensor Mean() => Operators.Mean.Call(this);

    /// <summary>Mean along one dimension.</summary>
    public Tensor Mean(long dimension, bool keep = false) => Operators.MeanAlong.Call(this, new[] { dimension }, keep);

    /// <summary>Largest element along one dimension.</summary>
    public Tensor Maximum(long dimension, bool keep = false) => Operators.MaximumAlong.Call(this, new[] { dimension }, keep);

    /// <summary>Index of the largest element along one dimension, Int64.</summary>
    public Tensor ArgMaximum(long dimension) => Operators.ArgMaximum.Call(this, dimension);

    /// <summary>Absolute values.</summary>
    public Tensor Abs() => Operators.Abs.Call(this);

    /// <summary>Square roots.</summary>
    public Tensor SquareRoot() => Operators.SquareRoot.Call(this);

    /// <summary>Exponentials.</summary>
    public Tensor Exp() => Operators.Exp.Call(this);

    /// <summary>Natural logarithms.</summary>
    public Tensor Log() => Operators.Log.Call(this);

    /// <summary>Powers.</summary>
    public Tensor Power(double exponent) => Operators.Power.Call(this, exponent);

    /// <summary>max(x, 0).</summary>
    public Tensor Relu() => Operators.Relu.Call(this);

    /// <summary>x where x is positive, else <paramref name="slope"/> * x.</summary>
    public Tensor LeakyRelu(double slope) => Operators.LeakyRelu.Call(this, slope);

    /// <summary>log(1 + exp(beta x)) / beta; x itself where beta x is above 20, as in PyTorch.</summary>
    /// <param name="beta">Above 0; the larger, the nearer to ReLU.</param>
    public Tensor Softplus(double beta) => Operators.Softplus.Call(this, beta);

    /// <summary>x Φ(x) with the distribution function Φ of the normal distribution (arXiv:1606.08415), exact.</summary>
    public Tensor Gelu() => Operators.Gelu.Call(this, false);

    /// <summary>The approximation 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))) of <see cref="Gelu"/>.</summary>
    public Tensor GeluByTanh() => Operators.Gelu.Call(this, true);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public Tensor Sigmoid() => Operators.Sigmoid.Call(this);

    /// <summary>Hyperbolic tangents.</summary>
    public Tensor Tanh() => Operators.Tanh.Call(this);

    /// <summary>Exponentials divided by their sum along a dimension.</summary>
    public Tensor Softmax(long dimension) => Operators.Softmax.Call(this, dimension);

    /// <summary>Logarithms of <see cref="Softmax"/>.</summary>
    public Tensor LogSoftmax(long dimension) => Operators.LogSoftmax.Call(this, dimension);

    /// <summary>Bool: where the elements are equal.</summary>
    public Tensor EqualTo(Tensor other) => Operators.EqualTo.Call(this, other);

    /// <summary>Bool: where the elements are smaller than those of another tensor, with broadcasting.</summary>
    public Tensor LessThan(Tensor other) => Operators.LessThan.Call(this, other);

    /// <summary>Bool: where the elements differ from a number.</summary>
    public Tensor NotEqualTo(double value) => Operators.NotEqualNumber.Call(this, value);

    /// <summary>Bool: where the elements are false or 0.</summary>
    public Tensor Not() => Operators.Not.Call(this);

    /// <summary>Bool: where both are true or not 0.</summary>
    public Tensor And(Tensor other) => Operators.And.Call(this, other);

    /// <summary>Bool: where one of both is true or not 0.</summary>
    public Tensor Or(Tensor other) => Operators.Or.Call(this, other);

    /// <summary>Sums of the elements up to each one along a dimension; of Bool and integers in Int64.</summary>
    public Tensor CumulativeSum(long dimension) => Operators.CumulativeSum.Call(this, dimension, Argument.None);

    /// <summary>Whether every element is finite. Waits for the device.</summary>
    public bool AllFinite()
    {
        using Tensor finite = Operators.IsFinite.Call(this);
        using Tensor all = Operators.All.Call(finite);
        return all.Item() != 0;
    }

    /// <summary>The k largest (or smallest) elements along a dimension, in order, and their indices.</summary>
    public (Tensor Values, Tensor Indices) TopK(long k, long dimension = -1, bool largest = true)
    {
        Tensor?[] results = Operators.TopK.CallMany(this, k, dimension, largest, true);
        return (results[0]!, results[1]!);
    }

    /// <summary>The k-th smallest element along a dimension.</summary>
    /// <param name="k">From 1.</param>
    /// <param name="dimension">Dimension to look along.</param>
    /// <param name="keep">Keep the dimension, with size 1.</param>
    public Tensor KthSmallest(long k, long dimension = -1, bool keep = false)
    {
        Tensor?[] results = Operators.KthSmallest.CallMany(this, k, dimension, keep);
        results[1]!.Dispose();
        return results[0]!;
    }

    /// <summary>The elements in order along a dimension, equal ones by index, and their indices.</summary>
    public (Tensor Values, Tensor Indices) Sort(long dimension = -1, bool descending = false)
    {
        Tensor?[] results = Operators.Sort.CallMany(this, true, dimension, descending);
        return (results[0]!, results[1]!);
    }

    /// <summary>Mean over non-overlapping windows of an image batch [B, C, H, W].</summary>
    public Tensor AveragePool(long window) => Operators.AveragePool.Call(this, new[] { window, window }, new[] { window, window });

    /// <summary>Largest value of each non-overlapping window of an image batch [B, C, H, W].</summary>
    public Tensor MaximumPool(long window) => MaximumPool(window, window);

    /// <summary>Largest value of each window of an image batch [B, C, H, W].</summary>
    /// <param name="window">Height and width of a window.</param>
    /// <param name="stride">Step from window to window; a window that does not fit is left out.</param>
    public Tensor MaximumPool(long window, long stride) => Operators.MaximumPool.Call(this, new[] { window, window }, new[] { stride, stride });

    /// <summary>A larger tensor with a value around this one.</summary>
    /// <param name="amounts">Entries before and after along the last dimension, then those along the one before it, and so on, as <c>torch.nn.functional.pad</c> takes them.</param>
    /// <param name="value">What is put there.</param>
    public Tensor Pad(long[] amounts, double value = 0) => Operators.Pad.Call(this, amounts, value);

    /// <summary>Mean cross entropy of logits [B, K] against labels [B] Int64.</summary>
    public Tensor CrossEntropy(Tensor labels) => Operators.CrossEntropy.Call(this, labels);

    /// <summary>Mean cross entropy against labels of which a share is spread evenly over all classes: (1 - s)(-log p_y) + s/K Σ_c (-log p_c).</summary>
    /// <param name="labels">[B] Int64.</param>
    /// <param name="smoothing">s, from 0 to 1.</param>
    public Tensor CrossEntropy(Tensor labels, double smoothing) => Operators.CrossEntropy.Call(this, labels, Argument.None, MeanReduction, NothingIgnored, smoothing);

    /// <summary>Cross entropy of each example, [B].</summary>
    /// <param name="labels">[B] Int64.</param>
    public Tensor CrossEntropyOfEach(Tensor labels) => Operators.CrossEntropy.Call(this, labels, Argument.None, NoReduction);

    /// <summary>log(1 / (1 + exp(-x))), without overflow.</summary>
    public Tensor LogSigmoid() => Operators.LogSigmoid.Call(this);

    /// <summary>[B] Int64 to [B, K]: 1 at the label, else 0.</summary>
    public Tensor OneHot(long classes) => Operators.OneHot.Call(this, classes);

    /// <summary>Copies the elements of another tensor, which is broadcast and converted, into this one.</summary>
    public void CopyInPlace(Tensor source) => Operators.CopyInPlace.CallInPlace(this, source);

    /// <summary>Sets every element.</summary>
    public void FillInPlace(double value) => Operators.FillInPlace.CallInPlace(this, value);

    /// <summary>Sets elements to a value where a mask is true.</summary>
    /// <param name="mask">Bool, of a shape that broadcasts to this one.</param>
    /// <param name="value">The value.</param>
    public void MaskedFillInPlace(Tensor mask, double value) => Operators.MaskedFillInPlace.CallInPlace(this, mask, value);

    /// <summary>Sets every element to 0.</summary>
    public void ZeroInPlace() => Operators.ZeroInPlace.CallInPlace(this);

    /// <summary>Adds <paramref name="scale"/> times another tensor.</summary>
    public void AddInPlace(Tensor other, double scale = 1) => Operators.AddInPlace.CallInPlace(this, other, scale);

    /// <summary>Moves towards another tensor by a share of the way.</summary>
    public void LerpInPlace(Tensor end, double share) => Operators.LerpInPlace.CallInPlace(this, end, share);

    /// <summary>Multiplies by another tensor.</summary>
    public void MultiplyInPlace(Tensor other) => Operators.MultiplyInPlace.CallInPlace(this, other);

    /// <summary>Draws every element from the normal distribution.</summary>
    public void NormalInPlace(double mean, double standardDeviation, Generator generator) =>
        Operators.NormalInPlace.CallInPlace(this, mean, standardDeviation, generator);

    /// <summary>Draws every element evenly between two bounds.</summary>
    public void UniformInPlace(double from, double to, Generator generator) => Operators.UniformInPlace.CallInPlace(this, from, to, generator);
}
