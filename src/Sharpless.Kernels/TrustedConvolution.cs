using TorchSharp;
using static TorchSharp.torch;

namespace Sharpless.Kernels;

/// <summary>
/// A convolution in a shape that is right on every processor: images that are channels-last without a doubt, which one
/// channel leaves open, and in bfloat16 no smaller than the kernel. See <see cref="LibtorchConvolution"/>. Everything
/// belongs to the caller's scope; nothing is recorded.
/// </summary>
internal sealed class TrustedConvolution
{
    private readonly Tensor _input,
        _weight,
        _images,
        _filters;
    private readonly long _stride,
        _padding,
        _skipped;

    private TrustedConvolution(Tensor input, Tensor weight, long stride, long padding)
    {
        (_input, _weight, _stride, _padding, _skipped) = (input.detach(), weight.detach(), stride, padding, 1);
        (_images, _filters) = (_input, _weight);
        bool isSmall = input.size(2) < weight.size(2) || input.size(3) < weight.size(3);
        if (input.dtype == ScalarType.BFloat16 && isSmall)
            (_images, _filters) = (_images.to(ScalarType.Float32), _filters.to(ScalarType.Float32));
        // Zeros in a second channel change no sum.
        if (weight.size(1) == 1)
            (_images, _filters) = (Doubled(_images, 1), Doubled(_filters, 1));
        if (weight.size(0) == 1)
            _filters = Doubled(_filters, 0);
        if (Fused.IsUnsafe(_images, _filters, stride))
        {
            // One pixel looks at one pixel, so those between them can be left out before.
            PaddingBefore = padding;
            _images = Padded(_images)[
                TensorIndex.Colon,
                TensorIndex.Colon,
                TensorIndex.Slice(step: stride),
                TensorIndex.Slice(step: stride)
            ];
            (_stride, _padding, _skipped) = (1, 0, stride);
        }

        (_images, _filters) = (ChannelsLast(_images), ChannelsLast(_filters));
    }

    private long PaddingBefore { get; }

    internal static TrustedConvolution Of(Tensor input, Tensor weight, long stride, long padding) =>
        new(input, weight, stride, padding);

    internal Tensor Forward()
    {
        Tensor output = nn.functional.conv2d(
            _images,
            _filters,
            strides: [_stride, _stride],
            padding: [_padding, _padding]
        );
        return InOrderOf(output.narrow(1, 0, _weight.size(0)).to(_input.dtype), _input);
    }

    /// <summary>The gradients that are needed, of the types and layouts of input and weight.</summary>
    internal unsafe (Tensor? ToInput, Tensor? ToWeight) Backward(Tensor gradient, bool needsInput, bool needsWeight)
    {
        gradient = gradient.to(_images.dtype);
        if (_weight.size(0) == 1)
            gradient = Doubled(gradient, 1);
        gradient = ChannelsLast(gradient);
        long* strides = stackalloc long[] { _stride, _stride },
            paddings = stackalloc long[] { _padding, _padding },
            ones = stackalloc long[] { 1, 1 },
            zeros = stackalloc long[] { 0, 0 };
        int* mask = stackalloc int[] { needsInput ? 1 : 0, needsWeight ? 1 : 0, 0 };
        LibtorchImports.Check(
            LibtorchImports.aoti_torch_cpu_convolution_backward(
                gradient.Handle,
                _images.Handle,
                _filters.Handle,
                null,
                0,
                strides,
                2,
                paddings,
                2,
                ones,
                2,
                0,
                zeros,
                2,
                1,
                mask,
                3,
                out nint toInput,
                out nint toWeight,
                out nint toBias
            )
        );
        Tensor images = Tensor.UnsafeCreateTensor(toInput),
            filters = Tensor.UnsafeCreateTensor(toWeight);
        new TensorView(toBias).Delete();
        return (needsInput ? ToInput(images) : null, needsWeight ? ToWeight(filters) : null);
    }

    private Tensor ToInput(Tensor images)
    {
        images = images.narrow(1, 0, _input.size(1)).to(_input.dtype);
        if (_skipped > 1)
        {
            Tensor whole = Padded(zeros_like(_input));
            whole[
                TensorIndex.Colon,
                TensorIndex.Colon,
                TensorIndex.Slice(step: _skipped),
                TensorIndex.Slice(step: _skipped)
            ] = images;
            images = whole
                .narrow(2, PaddingBefore, _input.size(2))
                .narrow(3, PaddingBefore, _input.size(3));
        }

        return InOrderOf(images, _input);
    }

    private Tensor ToWeight(Tensor filters) =>
        InOrderOf(filters.narrow(0, 0, _weight.size(0)).narrow(1, 0, _weight.size(1)).to(_weight.dtype), _weight);

    private Tensor Padded(Tensor images) =>
        PaddingBefore == 0
            ? images
            : nn.functional.pad(images, [PaddingBefore, PaddingBefore, PaddingBefore, PaddingBefore]);

    private static Tensor Doubled(Tensor tensor, long dimension) => cat([tensor, zeros_like(tensor)], dimension);

    private static Tensor ChannelsLast(Tensor tensor) => tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static Tensor InOrderOf(Tensor tensor, TensorView like) =>
        like.IsChannelsLast ? ChannelsLast(tensor) : tensor.contiguous();
}
