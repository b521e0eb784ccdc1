using Sharpless.Kernels;

namespace Sharpless.Torch;

/// <summary>What TorchSharp's tensors lack, or does not refuse but dies of.</summary>
public static class TensorCalls
{
    extension(Tensor tensor)
    {
        /// <summary>A second reference to the same tensor, with its own lifetime.</summary>
        public Tensor Alias() => ((TensorView)tensor).ToTensor();

        /// <summary>The elements in another type; a second reference to this tensor if it has it already.</summary>
        public Tensor To(ScalarType type) => type == tensor.dtype ? tensor.Alias() : tensor.to(type);

        /// <summary>The elements on another device; a second reference to this tensor if it is there already.</summary>
        /// <param name="device">Null for the CPU.</param>
        public Tensor To(Device? device)
        {
            device ??= CPU;
            return device.type == tensor.device_type && (device.index < 0 || device.index == tensor.device_index || device.type == DeviceType.CPU)
                ? tensor.Alias()
                : tensor.to(device);
        }

        /// <summary>This tensor if its elements already lie so, else a copy that does.</summary>
        public Tensor Contiguous(memory_format format = memory_format.contiguous_format)
        {
            TensorView view = tensor;
            bool isSo = format == memory_format.channels_last ? view.IsChannelsLast : view.IsContiguous;
            if (isSo) return tensor.Alias();
            if (format != memory_format.channels_last) return tensor.contiguous();
            using Tensor last = tensor.permute(0, 2, 3, 1);
            using Tensor dense = last.contiguous();
            return dense.permute(0, 3, 1, 2);
        }

        /// <summary>Matrix product over the last two dimensions, batched over the others, as <c>torch.matmul</c>.</summary>
        /// <exception cref="ArgumentException">The shapes do not fit; TorchSharp's own method ends the process then.</exception>
        public Tensor MatrixProduct(Tensor right)
        {
            ArgumentNullException.ThrowIfNull(right);
            long[] left = tensor.shape, other = right.shape;
            bool fits = left.Length > 0 && other.Length > 0 && left[^1] == other[other.Length == 1 ? 0 : ^2] && tensor.dtype == right.dtype;
            for (int i = 3; fits && i <= Math.Min(left.Length, other.Length); i++) fits = left[^i] == other[^i] || left[^i] == 1 || other[^i] == 1;
            if (!fits) throw new ArgumentException($"{tensor.Text} and {right.Text} do not fit as factors of a matrix product.", nameof(right));
            return tensor.matmul(right);
        }

        /// <summary>Whether every element is finite. Waits for the device.</summary>
        public bool AllFinite()
        {
            using Tensor finite = tensor.isfinite();
            using Tensor all = finite.all();
            return all.Item() != 0;
        }

        /// <summary>The k-th smallest element along a dimension.</summary>
        /// <param name="k">From 1.</param>
        /// <param name="dimension">Dimension to look along.</param>
        /// <param name="keep">Keep the dimension, with size 1.</param>
        public Tensor KthSmallest(long k, long dimension = -1, bool keep = false)
        {
            (Tensor values, Tensor indices) = tensor.kthvalue(k, dimension, keep);
            indices.Dispose();
            return values;
        }

        /// <summary>Moves towards another tensor by a share of the way.</summary>
        public void LerpInPlace(Tensor end, double share)
        {
            using Tensor weight = full([], share, tensor.dtype, tensor.device);
            tensor.lerp_(end, weight);
        }

        /// <summary>Adds the gradient of this single number to the gradient of every leaf it depends on.</summary>
        /// <param name="keepGraph">Keep what a second backward pass through the same graph needs.</param>
        public void Backward(bool keepGraph = false)
        {
            tensor.backward(retain_graph: keepGraph);
            AutogradNode.ThrowIfFailed();
        }

        /// <summary>Gradient of this single number in each of the inputs; null where it does not depend on one.</summary>
        /// <param name="inputs">Tensors that require a gradient.</param>
        /// <param name="createGraph">Record the gradients themselves, so that they can be differentiated again.</param>
        /// <exception cref="ArgumentException">No gradient can be asked of this tensor, or of one of the inputs.</exception>
        public Tensor?[] Gradients(IReadOnlyList<Tensor> inputs, bool createGraph = false)
        {
            ArgumentNullException.ThrowIfNull(inputs);
            if (!tensor.requires_grad) throw new ArgumentException($"{tensor.Text} depends on nothing that requires a gradient.");
            if (inputs.FirstOrDefault(input => !input.requires_grad) is { } without)
            {
                throw new ArgumentException($"One of the inputs, {without.Text}, does not require a gradient.", nameof(inputs));
            }

            IList<Tensor> gradients = autograd.grad([tensor], [.. inputs], retain_graph: createGraph, create_graph: createGraph, allow_unused: true);
            AutogradNode.ThrowIfFailed();
            return [.. gradients.Select(gradient => gradient is null || gradient.IsInvalid ? null : gradient)];
        }
    }

    extension(Tensor)
    {
        /// <summary>A tensor whose elements are not set.</summary>
        /// <param name="shape">Size along each dimension.</param>
        /// <param name="type">Type of the elements.</param>
        /// <param name="device">The CPU unless given.</param>
        /// <param name="format">Order in memory.</param>
        public static Tensor Empty(
            long[] shape, ScalarType type = ScalarType.Float32, Device? device = null, memory_format format = memory_format.contiguous_format)
        {
            ArgumentNullException.ThrowIfNull(shape);
            if (format != memory_format.channels_last) return empty(shape, type, device);
            using Tensor last = empty([shape[0], shape[2], shape[3], shape[1]], type, device);
            return last.permute(0, 3, 1, 2);
        }
    }
}
