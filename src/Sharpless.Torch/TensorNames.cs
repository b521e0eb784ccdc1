using Sharpless.Kernels;
using static TorchSharp.torch.nn;

namespace Sharpless.Torch;

#pragma warning disable CS1591
// Names of the time before TorchSharp, on the way out.
public static class TensorNames
{
    extension(Tensor tensor)
    {
        public ScalarType Type => tensor.dtype;
        public Device Device => tensor.device;
        public int Dimensions => (int)tensor.dim();
        public long[] Shape => tensor.shape;
        public long[] Strides => tensor.stride();
        public long Count => tensor.NumberOfElements;
        public bool RequiresGradient
        {
            get => tensor.requires_grad;
            set => tensor.requires_grad = value;
        }
        public Tensor? Gradient
        {
            get => tensor.grad;
            set => tensor.grad = value;
        }

        public long Size(int dimension) => tensor.size(dimension);
        public bool IsContiguous() => tensor.is_contiguous();
        public Tensor Detach() => tensor.detach();
        public Tensor Reshape(params long[] shape) => tensor.reshape(shape);
        public Tensor Flatten(long first = 0, long last = -1) => tensor.flatten(first, last);
        public Tensor Transpose(long first, long second) => tensor.transpose(first, second);
        public Tensor Permute(params long[] order) => tensor.permute(order);
        public Tensor Narrow(long dimension, long start, long length) => tensor.narrow(dimension, start, length);
        public Tensor Select(long dimension, long index) => tensor.select(dimension, index);
        public Tensor AsStrided(long[] shape, long[] strides, long offset) => tensor.as_strided(shape, strides, offset);
        public Tensor Expand(params long[] shape) => tensor.expand(shape);
        public Tensor IndexSelect(long dimension, Tensor indices) => tensor.index_select(dimension, indices);
        public Tensor Gather(long dimension, Tensor indices) => tensor.gather(dimension, indices);
        public Tensor Clone() => tensor.clone();
        public Tensor Sum() => tensor.sum();
        public Tensor Sum(long dimension, bool keep = false) => tensor.sum(dimension, keep);
        public Tensor Mean() => tensor.mean();
        public Tensor Mean(long dimension, bool keep = false) => tensor.mean([dimension], keep);
        public Tensor Maximum(long dimension, bool keep = false) => tensor.amax([dimension], keep);
        public Tensor ArgMaximum(long dimension) => tensor.argmax(dimension);
        public Tensor Abs() => tensor.abs();
        public Tensor SquareRoot() => tensor.sqrt();
        public Tensor Exp() => tensor.exp();
        public Tensor Log() => tensor.log();
        public Tensor Power(double exponent) => tensor.pow(exponent);
        public Tensor Relu() => tensor.relu();
        public Tensor LeakyRelu(double slope) => functional.leaky_relu(tensor, slope);
        public Tensor Softplus(double beta) => functional.softplus(tensor, beta);
        public Tensor Gelu() => Fused.Gelu(tensor);
        public Tensor GeluByTanh() => Fused.Gelu(tensor, byTanh: true);
        public Tensor Sigmoid() => tensor.sigmoid();
        public Tensor Tanh() => tensor.tanh();
        public Tensor Softmax(long dimension) => tensor.softmax(dimension);
        public Tensor LogSoftmax(long dimension) => tensor.log_softmax(dimension);
        public Tensor EqualTo(Tensor other) => tensor.eq(other);
        public Tensor LessThan(Tensor other) => tensor.lt(other);
        public Tensor NotEqualTo(double value) => tensor.ne(value);
        public Tensor Not() => tensor.logical_not();
        public Tensor And(Tensor other) => tensor.logical_and(other);
        public Tensor Or(Tensor other) => tensor.logical_or(other);
        public Tensor CumulativeSum(long dimension) => tensor.cumsum(dimension);
        public (Tensor Values, Tensor Indices) TopK(long k, long dimension = -1, bool largest = true) =>
            tensor.topk((int)k, (int)dimension, largest);
        public (Tensor Values, Tensor Indices) Sort(long dimension = -1, bool descending = false) =>
            tensor.sort(dimension, descending, stable: true);
        public Tensor AveragePool(long window) => functional.avg_pool2d(tensor, window, window);
        public Tensor MaximumPool(long window) => functional.max_pool2d(tensor, window, window);
        public Tensor MaximumPool(long window, long stride) => functional.max_pool2d(tensor, window, stride);
        public Tensor Pad(long[] amounts, double value = 0) => functional.pad(tensor, amounts, value: value);
        public Tensor CrossEntropy(Tensor labels) => functional.cross_entropy(tensor, labels);
        public Tensor CrossEntropy(Tensor labels, double smoothing) => functional.cross_entropy(tensor, labels, label_smoothing: smoothing);
        public Tensor CrossEntropyOfEach(Tensor labels) => functional.cross_entropy(tensor, labels, reduction: Reduction.None);
        public Tensor LogSigmoid() => functional.logsigmoid(tensor);
        public Tensor OneHot(long classes) => functional.one_hot(tensor, classes);
        public void CopyInPlace(Tensor source) => tensor.copy_(source);
        public void FillInPlace(double value) => tensor.fill_(value);
        public void MaskedFillInPlace(Tensor mask, double value) => tensor.masked_fill_(mask, value);
        public void ZeroInPlace() => tensor.zero_();
        public void AddInPlace(Tensor other, double scale = 1) => tensor.add_(other, scale);
        public void MultiplyInPlace(Tensor other) => tensor.mul_(other);
        public void NormalInPlace(double mean, double deviation, Generator generator) => tensor.normal_(mean, deviation, generator);
        public void UniformInPlace(double from, double to, Generator generator) => tensor.uniform_(from, to, generator);
    }

    extension(Tensor)
    {
        public static Tensor Zeros(long[] shape, ScalarType type = ScalarType.Float32, Device? device = null) => zeros(shape, type, device);
        public static Tensor Full(long[] shape, double value, ScalarType type = ScalarType.Float32, Device? device = null) =>
            full(shape, value, type, device);
        public static Tensor Arange(long start, long end, ScalarType type = ScalarType.Int64, Device? device = null) =>
            arange(start, end, type, device);
        public static Tensor Number(double value, ScalarType type = ScalarType.Float32, Device? device = null) => full([], value, type, device);
        public static Tensor Normal(params long[] shape) => empty(shape, ScalarType.Float32).normal_();
        public static Tensor Uniform(long[] shape, double from, double to) => empty(shape, ScalarType.Float32).uniform_(from, to);
        public static Tensor RandomPermutation(long count, Generator generator) => randperm(count, ScalarType.Int64, generator: generator);
        public static Tensor Cat(IEnumerable<Tensor> tensors, long dimension = 0) => cat([.. tensors], dimension);
        public static Tensor Stack(IEnumerable<Tensor> tensors, long dimension = 0) => stack(tensors, dimension);
    }
}
