// sharpless::layer_norm: the kernel as an operator of libtorch, with derivatives. What the kernel does not take is
// ATen's.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <tuple>
#include <vector>

#include "operators/kernel_call.h"

namespace sharpless {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr const char* name = "layer_norm";

struct LayerNorm : torch::autograd::Function<LayerNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& scale, const Tensor& shift,
                        double epsilon) {
    const Tensor weights = scale.contiguous(), biases = shift.contiguous();
    Tensor output = at::empty_like(input);
    const int64_t rows = input.numel() / input.size(-1);
    Tensor means = at::empty({rows}, at::kFloat), inverses = at::empty({rows}, at::kFloat);
    check_kernel(sharpless_layer_norm(element_of(input), rows, input.size(-1), epsilon, input.data_ptr(),
                                      weights.data_ptr<float>(), biases.data_ptr<float>(), output.data_ptr(),
                                      means.data_ptr<float>(), inverses.data_ptr<float>()));
    context->save_for_backward({input, scale, shift, means, inverses});
    context->saved_data["epsilon"] = epsilon;
    return output;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &input = saved[0], &scale = saved[1], &shift = saved[2];
    if (at::GradMode::is_enabled()) {
      // For second derivatives: the same of ATen's operators.
      std::vector<int64_t> rows = input.sizes().vec();
      rows.back() = 1;
      auto [to_input, to_scale, to_shift] =
          at::native_layer_norm_backward(gradients[0].to(at::kFloat), input.to(at::kFloat), {input.size(-1)},
                                         saved[3].view(rows), saved[4].view(rows), scale, shift, {true, true, true});
      return {to_input.to(input.scalar_type()), to_scale, to_shift, Tensor()};
    }
    const Tensor gradient = gradients[0].to(input.scalar_type()).contiguous(), weights = scale.contiguous();
    Tensor to_input = at::empty_like(input), to_scale = at::empty_like(weights), to_shift = at::empty_like(weights);
    check_kernel(sharpless_layer_norm_backward(element_of(input), saved[3].numel(), input.size(-1), gradient.data_ptr(),
                                               input.data_ptr(), weights.data_ptr<float>(), saved[3].data_ptr<float>(),
                                               saved[4].data_ptr<float>(), to_input.data_ptr(),
                                               to_scale.data_ptr<float>(), to_shift.data_ptr<float>()));
    return {to_input, to_scale, to_shift, Tensor()};
  }
};

void check_parameter(const char* argument, const Tensor& tensor, const Tensor& input) {
  TORCH_CHECK(tensor.dim() == 1 && tensor.size(0) == input.size(-1), name, ": ", argument, " has shape ",
              tensor.sizes(), ", expected [", input.size(-1), "], the last dimension of the input ", input.sizes());
}

Tensor layer_norm(const Tensor& input, const Tensor& scale, const Tensor& shift, double epsilon) {
  TORCH_CHECK(input.dim() > 0 && input.is_floating_point(), name, ": the input is ", input.sizes(), " of ",
              input.scalar_type(), ", expected [..., D] of a floating type");
  check_parameter("scale", scale, input);
  check_parameter("shift", shift, input);
  const bool has_loops =
      has_kernels(input) && input.numel() > 0 && scale.scalar_type() == at::kFloat && shift.scalar_type() == at::kFloat;
  // Copied out here, where the copy has a derivative: second derivatives go through it.
  if (has_loops) return LayerNorm::apply(input.contiguous(), scale, shift, epsilon);
  // libtorch 1.13 takes no mixed types here.
  return at::layer_norm(input.to(scale.scalar_type()), {input.size(-1)}, scale, shift, epsilon).to(input.scalar_type());
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) {
  library.def("layer_norm(Tensor input, Tensor scale, Tensor shift, float epsilon) -> Tensor", &layer_norm);
}

}  // namespace sharpless
