// sharpless::gelu: the kernel as an operator of libtorch, with derivatives.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/kernel_call.h"

namespace sharpless {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(AutogradContext* context, const Tensor& input, bool by_tanh) {
    Tensor output = at::empty_like(input);
    check_kernel(sharpless_gelu(element_of(input), by_tanh, input.numel(), input.data_ptr(), output.data_ptr()));
    context->save_for_backward({input});
    context->saved_data["by_tanh"] = by_tanh;
    return output;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const Tensor input = context->get_saved_variables()[0];
    const bool by_tanh = context->saved_data["by_tanh"].toBool();
    // For second derivatives: the same of ATen's operators.
    if (at::GradMode::is_enabled())
      return {at::gelu_backward(gradients[0], input, by_tanh ? "tanh" : "none"), Tensor()};
    Tensor to_input = at::empty_like(input);
    Tensor gradient = gradients[0].to(input.scalar_type());
    if (gradient.strides() != input.strides()) gradient = at::empty_like(input).copy_(gradient);
    check_kernel(sharpless_gelu_backward(element_of(input), by_tanh, input.numel(), gradient.data_ptr(),
                                         input.data_ptr(), to_input.data_ptr()));
    return {to_input, Tensor()};
  }
};

Tensor gelu(const Tensor& input, bool by_tanh) {
  const bool has_loops = has_kernels(input);
  if (!has_loops) return at::gelu(input, by_tanh ? "tanh" : "none");
  // Copied out here, where the copy has a derivative: second derivatives go through it.
  return Gelu::apply(input.is_non_overlapping_and_dense() ? input : input.contiguous(), by_tanh);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) { library.def("gelu(Tensor input, bool by_tanh) -> Tensor", &gelu); }

}  // namespace sharpless
