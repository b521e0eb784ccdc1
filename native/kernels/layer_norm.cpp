// Layer normalization (arXiv:1607.06450) over the last dimension: float32 parameters and sums whatever the input, one
// pass each way. Backward adds the gradients of scale and shift up in float64 by blocks of rows that depend on the
// shape alone, so the number of threads does not show. This is for float32 and bfloat16 on the CPU; everything else is
// ATen's operator.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cmath>
#include <vector>

#include "kernels/element.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

using at::BFloat16;
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr const char* name = "layer_norm";
constexpr int64_t rows_of_a_block = 64;

/// Sums of this many neighbours run side by side, which a vector unit needs and plain summation forbids.
constexpr int64_t lanes = 16;

/// Sum of term(i) for i below count.
template <class Term>
SHARPLESS_INLINE float sum_of(int64_t count, const Term& term) {
  float partial[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (int64_t lane = 0; lane < lanes; ++lane) partial[lane] += term(i + lane);
  }
  float sum = 0;
  for (; i < count; ++i) sum += term(i);
  for (int64_t lane = 0; lane < lanes; ++lane) sum += partial[lane];
  return sum;
}

template <class Body>
void for_each_block(int64_t rows, const Body& body) {
  const int64_t blocks = (rows + rows_of_a_block - 1) / rows_of_a_block;
  at::parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t block = first; block < last; ++block) {
        body(block, block * rows_of_a_block, std::min(rows, (block + 1) * rows_of_a_block));
      }
    });
  });
}

template <class Element>
void forward_loop(const Tensor& input, const float* scale, const float* shift, double epsilon, Tensor& output,
                  Tensor& means, Tensor& inverses) {
  const int64_t width = input.size(-1);
  const Element* from = input.data_ptr<Element>();
  Element* to = output.data_ptr<Element>();
  float *mean_of = means.data_ptr<float>(), *inverse_of = inverses.data_ptr<float>();
  for_each_block(means.numel(), [=](int64_t, int64_t first, int64_t last) SHARPLESS_LOOP {
    for (int64_t row = first; row < last; ++row) {
      const Element* x = from + row * width;
      Element* y = to + row * width;
      const float mean = sum_of(width, [=](int64_t i) SHARPLESS_LOOP { return to_float(x[i]); }) / width;
      // Squares of what is left after the mean: a mean far from 0 would drown the variance.
      const float squares = sum_of(width, [=](int64_t i) SHARPLESS_LOOP {
        const float centred = to_float(x[i]) - mean;
        return centred * centred;
      });
      const float inverse = static_cast<float>(1 / std::sqrt(squares / width + epsilon));
#pragma GCC ivdep
      for (int64_t i = 0; i < width; ++i) store(y[i], (to_float(x[i]) - mean) * inverse * scale[i] + shift[i]);
      mean_of[row] = mean;
      inverse_of[row] = inverse;
    }
  });
}

/// With z = (x - mean) / deviation and g = gradient * scale: (g - mean of g - z * mean of g z) / deviation.
template <class Element>
void backward_loop(const Tensor& gradient, const Tensor& input, const float* scale, const Tensor& means,
                   const Tensor& inverses, Tensor& to_input, Tensor& to_scale, Tensor& to_shift) {
  const int64_t width = input.size(-1), rows = means.numel();
  const Element *given = gradient.data_ptr<Element>(), *from = input.data_ptr<Element>();
  Element* to = to_input.data_ptr<Element>();
  const float *mean_of = means.data_ptr<float>(), *inverse_of = inverses.data_ptr<float>();
  const int64_t blocks = (rows + rows_of_a_block - 1) / rows_of_a_block;
  std::vector<float> partial(2 * blocks * width);
  float* sums = partial.data();
  for_each_block(rows, [=](int64_t block, int64_t first, int64_t last) SHARPLESS_LOOP {
    float *of_scale = sums + 2 * block * width, *of_shift = of_scale + width;
    for (int64_t row = first; row < last; ++row) {
      const Element *g = given + row * width, *x = from + row * width;
      Element* result = to + row * width;
      const float mean = mean_of[row], inverse = inverse_of[row];
      const float sum = sum_of(width, [=](int64_t i) SHARPLESS_LOOP { return to_float(g[i]) * scale[i]; });
      const float along = sum_of(width, [=](int64_t i) SHARPLESS_LOOP {
        return to_float(g[i]) * scale[i] * ((to_float(x[i]) - mean) * inverse);
      });
      const float mean_gradient = sum / width, slope = along / width;
#pragma GCC ivdep
      for (int64_t i = 0; i < width; ++i) {
        const float z = (to_float(x[i]) - mean) * inverse, value = to_float(g[i]);
        of_scale[i] += value * z;
        of_shift[i] += value;
        store(result[i], (value * scale[i] - mean_gradient - z * slope) * inverse);
      }
    }
  });
  float *scale_result = to_scale.data_ptr<float>(), *shift_result = to_shift.data_ptr<float>();
  std::vector<double> total(2 * width);
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t i = 0; i < 2 * width; ++i) total[i] += sums[2 * block * width + i];
  }
  for (int64_t i = 0; i < width; ++i) {
    scale_result[i] = static_cast<float>(total[i]);
    shift_result[i] = static_cast<float>(total[width + i]);
  }
}

struct LayerNorm : torch::autograd::Function<LayerNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& scale, const Tensor& shift,
                        double epsilon) {
    const Tensor weights = scale.contiguous(), biases = shift.contiguous();
    Tensor output = at::empty_like(input);
    const int64_t rows = input.numel() / input.size(-1);
    Tensor means = at::empty({rows}, at::kFloat), inverses = at::empty({rows}, at::kFloat);
    const auto loop = input.scalar_type() == at::kFloat ? forward_loop<float> : forward_loop<BFloat16>;
    loop(input, weights.data_ptr<float>(), biases.data_ptr<float>(), epsilon, output, means, inverses);
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
    const auto loop = input.scalar_type() == at::kFloat ? backward_loop<float> : backward_loop<BFloat16>;
    loop(gradient, input, weights.data_ptr<float>(), saved[3], saved[4], to_input, to_scale, to_shift);
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
  const bool has_loops = input.is_cpu() && input.numel() > 0 && scale.scalar_type() == at::kFloat &&
                         shift.scalar_type() == at::kFloat &&
                         (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16);
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
