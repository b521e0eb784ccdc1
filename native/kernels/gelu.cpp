// GELU (arXiv:1606.08415) in both its forms, in one pass each way: x Φ(x) with the normal distribution Φ, and with
// Φ(x) replaced by 0.5 (1 + tanh(√(2/π) (x + 0.044715 x³))) = 1 / (1 + exp(-2 √(2/π) (x + 0.044715 x³))).
// libtorch spends as long on the second one as on the matrix product before it.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cmath>

#include "kernels/element.h"
#include "kernels/exponential.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

using at::BFloat16;
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t grain = 1 << 14;

struct ByTanh {
  static constexpr float slope = 1.59576912f;  // 2 √(2/π)
  static constexpr float cubic = 0.044715f;

  static SHARPLESS_INLINE float weight(float x) { return 1 / (1 + exponential(-slope * (x + cubic * x * x * x))); }

  static SHARPLESS_INLINE float value(float x) { return x * weight(x); }

  static SHARPLESS_INLINE float derivative(float x) {
    const float w = weight(x);
    return w + x * w * (1 - w) * slope * (1 + 3 * cubic * x * x);
  }
};

struct Exact {
  /// Φ(x). The complementary error function by its series in 1 / (1 + z/2) of W. H. Press and others, Numerical
  /// Recipes, section 6.2: to 1.2e-7 of its value, however small.
  static SHARPLESS_INLINE float distribution(float x) {
    const float z = (x < 0 ? -x : x) * 0.707106781f;
    const float t = 1 / (1 + 0.5f * z);
    float sum = 0.17087277f;
    sum = sum * t - 0.82215223f;
    sum = sum * t + 1.48851587f;
    sum = sum * t - 1.13520398f;
    sum = sum * t + 0.27886807f;
    sum = sum * t - 0.18628806f;
    sum = sum * t + 0.09678418f;
    sum = sum * t + 0.37409196f;
    sum = sum * t + 1.00002368f;
    sum = sum * t - 1.26551223f;
    const float tail = 0.5f * t * exponential(sum - z * z);
    return x < 0 ? tail : 1 - tail;
  }

  static SHARPLESS_INLINE float value(float x) { return x * distribution(x); }

  static SHARPLESS_INLINE float derivative(float x) {
    constexpr float peak = 0.398942280f;  // 1 / √(2π)
    return distribution(x) + x * peak * exponential(-0.5f * x * x);
  }
};

template <class Form, class Element>
void forward_loop(const Tensor& input, Tensor& output) {
  const Element* from = input.data_ptr<Element>();
  Element* to = output.data_ptr<Element>();
  at::parallel_for(0, input.numel(), grain, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
#pragma GCC ivdep
      for (int64_t i = first; i < last; ++i) store(to[i], Form::value(to_float(from[i])));
    });
  });
}

template <class Form, class Element>
void backward_loop(const Tensor& gradient, const Tensor& input, Tensor& to_input) {
  const Element* given = gradient.data_ptr<Element>();
  const Element* from = input.data_ptr<Element>();
  Element* to = to_input.data_ptr<Element>();
  at::parallel_for(0, input.numel(), grain, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
#pragma GCC ivdep
      for (int64_t i = first; i < last; ++i) store(to[i], to_float(given[i]) * Form::derivative(to_float(from[i])));
    });
  });
}

/// Runs body with the form and the type of the elements.
template <class Body>
void with_form(bool by_tanh, at::ScalarType type, const Body& body) {
  if (by_tanh) {
    type == at::kFloat ? body(ByTanh(), 0.0f) : body(ByTanh(), BFloat16());
  } else {
    type == at::kFloat ? body(Exact(), 0.0f) : body(Exact(), BFloat16());
  }
}

struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(AutogradContext* context, const Tensor& input, bool by_tanh) {
    Tensor output = at::empty_like(input);
    with_form(by_tanh, input.scalar_type(),
              [&](auto form, auto element) { forward_loop<decltype(form), decltype(element)>(input, output); });
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
    with_form(by_tanh, input.scalar_type(), [&](auto form, auto element) {
      backward_loop<decltype(form), decltype(element)>(gradient, input, to_input);
    });
    return {to_input, Tensor()};
  }
};

Tensor gelu(const Tensor& input, bool by_tanh) {
  const bool has_loops = input.is_cpu() && (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
  if (!has_loops) return at::gelu(input, by_tanh ? "tanh" : "none");
  // Copied out here, where the copy has a derivative: second derivatives go through it.
  return Gelu::apply(input.is_non_overlapping_and_dense() ? input : input.contiguous(), by_tanh);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) { library.def("gelu(Tensor input, bool by_tanh) -> Tensor", &gelu); }

}  // namespace sharpless
