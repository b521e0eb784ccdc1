// sharpless::batch_norm_act: the kernel as an operator of libtorch, with derivatives. What the kernel does not take is
// composed of ATen's operators.

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

constexpr const char* name = "batch_norm_act";

void check_channels(const char* argument, const Tensor& tensor, const Tensor& input) {
  const auto expected = input.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  TORCH_CHECK(tensor.dim() == 1 && tensor.size(0) == input.size(1), name, ": ", argument, " has shape ", tensor.sizes(),
              ", expected [", input.size(1), "], the channels of the input ", input.sizes());
  TORCH_CHECK(tensor.scalar_type() == expected, name, ": ", argument, " is ", tensor.scalar_type(), ", expected ",
              expected, " for an input of ", input.scalar_type());
  TORCH_CHECK(tensor.device() == input.device(), name, ": ", argument, " is on ", tensor.device(), ", the input on ",
              input.device());
}

at::MemoryFormat format_of(const Tensor& tensor) {
  return tensor.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

bool has_loops(const Tensor& input) {
  return has_kernels(input) && (input.dim() == 2 || input.dim() == 4) && input.is_contiguous(format_of(input)) &&
         input.numel() > 0;
}

Tensor activate(const Tensor& value, double negative_slope) {
  if (negative_slope == 0) return at::relu(value);
  if (negative_slope == 1) return value;
  return at::leaky_relu(value, negative_slope);
}

/// The running statistics where they lie, or a copy that is written back.
class Statistics {
 public:
  explicit Statistics(const Tensor& tensor) : given_(tensor), memory_(tensor.contiguous()) {}
  float* data() { return memory_.data_ptr<float>(); }
  void write_back() {
    if (!memory_.is_same(given_)) given_.copy_(memory_);
  }

 private:
  Tensor given_, memory_;
};

struct BatchNormAct : torch::autograd::Function<BatchNormAct> {
  static variable_list forward(AutogradContext* context, const Tensor& input, const c10::optional<Tensor>& residual,
                               const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                               const Tensor& running_variance, bool training, bool move_statistics, double momentum,
                               double eps, double negative_slope) {
    const Tensor addend = residual.has_value() ? residual->contiguous(format_of(input)) : Tensor();
    Tensor sum = residual.has_value() ? at::empty_like(input) : input;
    const sharpless_batch_norm_plan plan = {input.numel() / input.size(1),
                                            input.size(1),
                                            element_of(input),
                                            training,
                                            move_statistics,
                                            0,
                                            momentum,
                                            eps,
                                            negative_slope};
    const Tensor weights = weight.contiguous(), biases = bias.contiguous();
    Statistics running_means(running_mean), running_variances(running_variance);
    Tensor activated = at::empty_like(input), mean = at::empty({plan.channels}, at::kFloat),
           inverse = at::empty({plan.channels}, at::kFloat);
    check_kernel(sharpless_batch_norm(&plan, input.data_ptr(), residual.has_value() ? addend.data_ptr() : nullptr,
                                      residual.has_value() ? sum.data_ptr() : nullptr, weights.data_ptr<float>(),
                                      biases.data_ptr<float>(), running_means.data(), running_variances.data(),
                                      activated.data_ptr(), mean.data_ptr<float>(), inverse.data_ptr<float>()));
    if (training && move_statistics) {
      running_means.write_back();
      running_variances.write_back();
    }

    context->set_materialize_grads(false);
    context->save_for_backward({sum, weight, bias, mean, inverse});
    context->saved_data["has_residual"] = residual.has_value();
    context->saved_data["training"] = training;
    context->saved_data["eps"] = eps;
    context->saved_data["negative_slope"] = negative_slope;
    return {activated, sum};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &sum = saved[0], &weight = saved[1];
    const bool has_residual = context->saved_data["has_residual"].toBool();
    const bool training = context->saved_data["training"].toBool();
    const double negative_slope = context->saved_data["negative_slope"].toDouble();
    const Tensor &gradient_of_activated = gradients[0], &gradient_of_sum = gradients[1];

    Tensor to_input, to_weight, to_bias;
    if (!gradient_of_activated.defined()) {
      to_input = gradient_of_sum;
    } else if (at::GradMode::is_enabled()) {
      std::tie(to_input, to_weight, to_bias) =
          differentiable_backward(saved, gradient_of_activated, gradient_of_sum, training,
                                  context->saved_data["eps"].toDouble(), negative_slope);
    } else {
      const auto like_sum = [&](const Tensor& tensor) {
        return tensor.defined() ? tensor.to(sum.scalar_type()).contiguous(format_of(sum)) : tensor;
      };
      const Tensor weights = weight.contiguous(), biases = saved[2].contiguous();
      const Tensor gradient = like_sum(gradient_of_activated), gradient_beside = like_sum(gradient_of_sum);
      const sharpless_batch_norm_plan plan = {
          sum.numel() / sum.size(1), sum.size(1), element_of(sum), training, 0, 0, 0, 0, negative_slope};
      to_weight = at::empty_like(weights), to_bias = at::empty_like(biases);
      // An argument that was left out has no edge: the second one is the residual's only if there is a residual.
      if (context->needs_input_grad(0) || (has_residual && context->needs_input_grad(1)))
        to_input = at::empty_like(sum);
      check_kernel(sharpless_batch_norm_backward(
          &plan, gradient.data_ptr(), gradient_beside.defined() ? gradient_beside.data_ptr() : nullptr, sum.data_ptr(),
          weights.data_ptr<float>(), biases.data_ptr<float>(), saved[3].data_ptr<float>(), saved[4].data_ptr<float>(),
          to_input.defined() ? to_input.data_ptr() : nullptr, to_weight.data_ptr<float>(), to_bias.data_ptr<float>()));
    }
    variable_list result(11);
    result[0] = to_input;
    if (has_residual) result[1] = to_input;
    result[2] = to_weight;
    result[3] = to_bias;
    return result;
  }

  /// The same of ATen's operators, for second derivatives.
  static std::tuple<Tensor, Tensor, Tensor> differentiable_backward(const variable_list& saved, const Tensor& gradient,
                                                                    const Tensor& gradient_of_sum, bool training,
                                                                    double eps, double negative_slope) {
    const Tensor &sum = saved[0], &weight = saved[1], &bias = saved[2], &mean = saved[3], &invstd = saved[4];
    Tensor g = gradient;
    if (negative_slope != 1) {
      at::NoGradGuard no_gradient;
      std::vector<int64_t> shape(sum.dim(), 1);
      shape[1] = -1;
      const Tensor z = (sum.to(at::kFloat) - mean.view(shape)) * (weight * invstd).view(shape) + bias.view(shape);
      const Tensor derivative =
          at::where(z > 0, at::ones_like(z), at::full_like(z, negative_slope)).to(sum.scalar_type());
      at::AutoGradMode with_gradient(true);
      g = gradient * derivative;
    }
    const Tensor variance = training ? Tensor() : invstd.pow(-2) - eps;
    auto [to_input, to_weight, to_bias] = at::native_batch_norm_backward(
        g, sum, weight, training ? Tensor() : mean, variance, mean, invstd, training, eps, {true, true, true});
    if (gradient_of_sum.defined()) to_input = to_input + gradient_of_sum;
    return {to_input, to_weight, to_bias};
  }
};

std::tuple<Tensor, Tensor> batch_norm_act(const Tensor& input, const c10::optional<Tensor>& residual,
                                          const Tensor& weight, const Tensor& bias, Tensor running_mean,
                                          Tensor running_variance, bool training, bool move_statistics, double momentum,
                                          double eps, double negative_slope) {
  TORCH_CHECK(input.dim() >= 2 && input.is_floating_point(), name, ": the input is ", input.sizes(), " of ",
              input.scalar_type(), ", expected [B, C] or [B, C, H, W] of a floating type");
  check_channels("weight", weight, input);
  check_channels("bias", bias, input);
  check_channels("running_mean", running_mean, input);
  check_channels("running_var", running_variance, input);
  if (residual.has_value()) {
    TORCH_CHECK(residual->sizes() == input.sizes() && residual->scalar_type() == input.scalar_type(), name,
                ": the residual is ", residual->sizes(), " of ", residual->scalar_type(), ", the input ", input.sizes(),
                " of ", input.scalar_type());
  }
  TORCH_CHECK(!training || input.numel() > input.size(1), name,
              ": the statistics of a batch need more than one value per channel, the input is ", input.sizes());

  if (has_loops(input)) {
    const variable_list results = BatchNormAct::apply(input, residual, weight, bias, running_mean, running_variance,
                                                      training, move_statistics, momentum, eps, negative_slope);
    return {results[0], results[1]};
  }
  const Tensor sum = residual.has_value() ? input + *residual : input;
  // Batch statistics with no running ones to move: none are given.
  const bool rests = training && !move_statistics;
  const Tensor normalized =
      at::batch_norm(sum, weight, bias, rests ? Tensor() : running_mean, rests ? Tensor() : running_variance, training,
                     momentum, eps, /*cudnn_enabled=*/true);
  return {activate(normalized, negative_slope), sum};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) {
  library.def(
      "batch_norm_act(Tensor input, Tensor? residual, Tensor weight, Tensor bias, Tensor(a!) running_mean, "
      "Tensor(b!) running_var, bool training, bool move_statistics, float momentum, float eps, float negative_slope) "
      "-> (Tensor activated, Tensor sum)",
      &batch_norm_act);
}

}  // namespace sharpless
