// sharpless::group_norm_act: the kernel as an operator of libtorch, with derivatives. What the kernel does not take is
// composed of ATen's operators.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "operators/again.h"
#include "operators/kernel_call.h"

namespace sharpless {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor composed(const Tensor& input, int64_t groups, const Tensor& scale, const Tensor& shift, double epsilon,
                double slope) {
  const Tensor z = at::group_norm(input.to(scale.scalar_type()), groups, scale, shift, epsilon);
  return (slope == 0 ? at::relu(z) : slope == 1 ? z : at::leaky_relu(z, slope)).to(input.scalar_type());
}

sharpless_group_norm_plan plan_of(const Tensor& input, int64_t groups, double epsilon, double slope) {
  return {input.size(0), input.size(2) * input.size(3), input.size(1), groups, element_of(input), 0, epsilon, slope};
}

struct GroupNormAct : torch::autograd::Function<GroupNormAct> {
  static Tensor forward(AutogradContext* context, const Tensor& input, int64_t groups, const Tensor& scale,
                        const Tensor& shift, double epsilon, double slope) {
    const sharpless_group_norm_plan plan = plan_of(input, groups, epsilon, slope);
    const Tensor weights = scale.contiguous(), biases = shift.contiguous();
    Tensor output = at::empty_like(input);
    Tensor means = at::empty({plan.examples, plan.channels}, at::kFloat), inverses = at::empty_like(means);
    check_kernel(sharpless_group_norm(&plan, input.data_ptr(), weights.data_ptr<float>(), biases.data_ptr<float>(),
                                      output.data_ptr(), means.data_ptr<float>(), inverses.data_ptr<float>()));
    context->save_for_backward({input, scale, shift, means, inverses});
    context->saved_data["groups"] = groups;
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["slope"] = slope;
    return output;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &input = saved[0], &scale = saved[1], &shift = saved[2];
    const int64_t groups = context->saved_data["groups"].toInt();
    const double slope = context->saved_data["slope"].toDouble();
    const double epsilon = context->saved_data["epsilon"].toDouble();
    if (at::GradMode::is_enabled()) {
      const Tensor again = composed(input, groups, scale, shift, epsilon, slope);
      const variable_list inner = gradients_again(again, {input, scale, shift}, gradients[0]);
      return {inner[0], Tensor(), inner[1], inner[2], Tensor(), Tensor()};
    }
    const sharpless_group_norm_plan plan = plan_of(input, groups, epsilon, slope);
    const Tensor gradient = gradients[0].to(input.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const Tensor weights = scale.contiguous(), biases = shift.contiguous();
    Tensor to_input = at::empty_like(input), to_scale = at::empty_like(weights), to_shift = at::empty_like(weights);
    check_kernel(sharpless_group_norm_backward(&plan, gradient.data_ptr(), input.data_ptr(), weights.data_ptr<float>(),
                                               biases.data_ptr<float>(), saved[3].data_ptr<float>(),
                                               saved[4].data_ptr<float>(), to_input.data_ptr(),
                                               to_scale.data_ptr<float>(), to_shift.data_ptr<float>()));
    return {to_input, Tensor(), to_scale, to_shift, Tensor(), Tensor()};
  }
};

Tensor group_norm_act(const Tensor& input, int64_t groups, const Tensor& scale, const Tensor& shift, double epsilon,
                      double slope) {
  const bool has_loops = has_kernels(input) && input.dim() == 4 && input.numel() > 0 && groups > 0 &&
                         input.size(1) % groups == 0 && input.is_contiguous(at::MemoryFormat::ChannelsLast) &&
                         scale.scalar_type() == at::kFloat && shift.scalar_type() == at::kFloat &&
                         scale.numel() == input.size(1) && shift.numel() == input.size(1);
  // Mistaken calls are libtorch's to answer.
  return has_loops ? GroupNormAct::apply(input, groups, scale, shift, epsilon, slope)
                   : composed(input, groups, scale, shift, epsilon, slope);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) {
  library.def(
      "group_norm_act(Tensor input, int groups, Tensor scale, Tensor shift, float epsilon, float negative_slope) -> "
      "Tensor",
      &group_norm_act);
}

}  // namespace sharpless
