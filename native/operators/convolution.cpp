// sharpless::convolution(input, weight, stride, padding): 2-D convolution without bias, groups or dilation.
//
// bfloat16 on a CPU with AVX512-BF16 runs on our kernels where they are faster than libtorch's; all else
// goes to libtorch. The choice depends on shapes and types alone, so a resumed run makes the same one.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/kernel_call.h"

namespace sharpless::convolution {
namespace {

using at::Tensor;
using Shape = sharpless_convolution_shape;

const uint16_t* Read(const Tensor& t) { return static_cast<const uint16_t*>(t.data_ptr()); }
uint16_t* Write(const Tensor& t) { return static_cast<uint16_t*>(t.data_ptr()); }

Tensor ChannelsLast(const Tensor& t) { return t.contiguous(at::MemoryFormat::ChannelsLast); }

// [N, C, H, W] with the bytes in the order N, H, W, C, also where a dimension of 1 leaves strides open.
bool IsChannelsLast(const Tensor& t) { return t.is_contiguous(at::MemoryFormat::ChannelsLast); }

Tensor EmptyChannelsLast(at::IntArrayRef sizes, const Tensor& like) {
  return at::empty(sizes, like.options().memory_format(at::MemoryFormat::ChannelsLast));
}

Shape ShapeOf(const Tensor& input, const Tensor& weight, std::int64_t stride, std::int64_t padding) {
  Shape s;
  s.batch = input.size(0), s.in_channels = input.size(1), s.in_height = input.size(2), s.in_width = input.size(3);
  s.out_channels = weight.size(0), s.kernel_height = weight.size(2), s.kernel_width = weight.size(3);
  s.stride = stride, s.padding = padding;
  s.out_height = (s.in_height + 2 * padding - s.kernel_height) / stride + 1;
  s.out_width = (s.in_width + 2 * padding - s.kernel_width) / stride + 1;
  return s;
}

// Whether the kernels can run this call at all. What they cannot run, and every mistaken call, is libtorch's to answer.
bool IsOurs(const Tensor& input, const Tensor& weight, std::int64_t stride, std::int64_t padding) {
  if (!sharpless_convolution_is_supported() || !input.device().is_cpu() || !weight.device().is_cpu() ||
      input.scalar_type() != at::kBFloat16 || weight.scalar_type() != at::kBFloat16 || input.dim() != 4 ||
      weight.dim() != 4 || input.numel() == 0 || weight.numel() == 0 || stride < 1 || padding < 0 ||
      input.size(1) != weight.size(1))
    return false;
  const Shape s = ShapeOf(input, weight, stride, padding);
  return s.out_height > 0 && s.out_width > 0 && s.out_channels % 16 == 0 && IsChannelsLast(input) &&
         padding < s.kernel_height && padding < s.kernel_width;
}

Tensor Convolve(const Tensor& input, const Tensor& weight, std::int64_t stride, std::int64_t padding) {
  if (!IsOurs(input, weight, stride, padding))
    return at::convolution(input, weight, {}, {stride, stride}, {padding, padding}, {1, 1}, false, {0, 0}, 1);
  const Shape s = ShapeOf(input, weight, stride, padding);
  const Tensor w = ChannelsLast(weight);
  Tensor output = EmptyChannelsLast({s.batch, s.out_channels, s.out_height, s.out_width}, input);
  check_kernel(sharpless_convolution(&s, Read(input), Read(w), Write(output)));
  return output;
}

// Whether libtorch's kernel for the gradient of the weight would write past its workspace: oneDNN's for 1x1 kernels
// with a stride, channels last, fewer input channels than one block of 16 (oneDNN issue 6035).
bool IsUnsafeChannelsLast(const Tensor& input, const Tensor& weight, std::int64_t stride) {
  return input.device().is_cpu() && input.dim() == 4 && stride > 1 && weight.size(2) == 1 && weight.size(3) == 1 &&
         input.size(1) < 16 && input.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
}

struct Convolution : torch::autograd::Function<Convolution> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& input, const Tensor& weight,
                        std::int64_t stride, std::int64_t padding) {
    at::AutoDispatchBelowADInplaceOrView guard;
    context->save_for_backward({input, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    return Convolve(input, weight, stride, padding);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradOutputs) {
    const auto saved = context->get_saved_variables();
    const Tensor &input = saved[0], &weight = saved[1];
    const std::int64_t stride = context->saved_data["stride"].toInt(), padding = context->saved_data["padding"].toInt();
    bool needsInput = context->needs_input_grad(0), needsWeight = context->needs_input_grad(1);
    Tensor gradInput, gradWeight;

    // A gradient that will be differentiated again (create_graph) needs libtorch's differentiable operator.
    if (!at::GradMode::is_enabled() && IsOurs(input, weight, stride, padding) &&
        gradOutputs[0].scalar_type() == at::kBFloat16) {
      const Shape s = ShapeOf(input, weight, stride, padding);
      const Tensor gradOutput = ChannelsLast(gradOutputs[0]);
      if (needsInput && s.in_channels % 16 == 0) {
        gradInput = EmptyChannelsLast(input.sizes(), input);
        check_kernel(
            sharpless_convolution_to_input(&s, Read(gradOutput), Read(ChannelsLast(weight)), Write(gradInput)));
        needsInput = false;
      }
      if (needsWeight && (s.in_channels % 16 == 0 || s.kernel_width * s.in_channels <= 16)) {
        gradWeight = EmptyChannelsLast(weight.sizes(), weight);
        check_kernel(sharpless_convolution_to_weight(&s, Read(gradOutput), Read(input), Write(gradWeight)));
        needsWeight = false;
      }
    }
    if (needsInput || needsWeight) {
      const bool isUnsafe = needsWeight && IsUnsafeChannelsLast(input, weight, stride);
      const auto safe = [&](const Tensor& t) { return isUnsafe ? t.contiguous() : t; };
      const auto rest =
          at::convolution_backward(safe(gradOutputs[0]), safe(input), safe(weight), c10::nullopt, {stride, stride},
                                   {padding, padding}, {1, 1}, false, {0, 0}, 1, {needsInput, needsWeight, false});
      if (needsInput) gradInput = std::get<0>(rest);
      if (needsWeight) gradWeight = std::get<1>(rest);
    }
    return {gradInput, gradWeight, Tensor(), Tensor()};
  }
};

Tensor ConvolutionOperator(const Tensor& input, const Tensor& weight, std::int64_t stride, std::int64_t padding) {
  return Convolution::apply(input, weight, stride, padding);
}

}  // namespace
}  // namespace sharpless::convolution

TORCH_LIBRARY_FRAGMENT(sharpless, library) {
  library.def("convolution(Tensor input, Tensor weight, int stride, int padding) -> Tensor",
              &sharpless::convolution::ConvolutionOperator);
}
