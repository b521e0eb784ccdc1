// Layer normalization (arXiv:1607.06450) over the last dimension: float32 parameters and sums whatever the input, one
// pass each way. Backward adds the gradients of scale and shift up in float64 by blocks of rows that depend on the
// shape alone, so the number of threads does not show.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/element.h"
#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

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
  parallel_for(0, blocks, 1, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t block = first; block < last; ++block) {
        body(block, block * rows_of_a_block, std::min(rows, (block + 1) * rows_of_a_block));
      }
    });
  });
}

template <class Element>
void forward(int64_t rows, int64_t width, double epsilon, const Element* from, const float* scale, const float* shift,
             Element* to, float* mean_of, float* inverse_of) {
  for_each_block(rows, [=](int64_t, int64_t first, int64_t last) SHARPLESS_LOOP {
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
      SHARPLESS_INDEPENDENT
      for (int64_t i = 0; i < width; ++i) store(y[i], (to_float(x[i]) - mean) * inverse * scale[i] + shift[i]);
      mean_of[row] = mean;
      inverse_of[row] = inverse;
    }
  });
}

/// With z = (x - mean) / deviation and g = gradient * scale: (g - mean of g - z * mean of g z) / deviation.
template <class Element>
void backward(int64_t rows, int64_t width, const Element* given, const Element* from, const float* scale,
              const float* mean_of, const float* inverse_of, Element* to, float* to_scale, float* to_shift) {
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
      SHARPLESS_INDEPENDENT
      for (int64_t i = 0; i < width; ++i) {
        const float z = (to_float(x[i]) - mean) * inverse, value = to_float(g[i]);
        of_scale[i] += value * z;
        of_shift[i] += value;
        store(result[i], (value * scale[i] - mean_gradient - z * slope) * inverse);
      }
    }
  });
  std::vector<double> total(2 * width);
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t i = 0; i < 2 * width; ++i) total[i] += sums[2 * block * width + i];
  }
  for (int64_t i = 0; i < width; ++i) {
    to_scale[i] = static_cast<float>(total[i]);
    to_shift[i] = static_cast<float>(total[width + i]);
  }
}

}  // namespace
}  // namespace sharpless

using namespace sharpless;

int32_t sharpless_layer_norm(int32_t element, int64_t rows, int64_t width, double epsilon, const void* input,
                             const float* scale, const float* shift, void* output, float* means,
                             float* inverses) noexcept {
  return guarded_kernel([&] {
    with_elements(
        element, [&](auto* from, auto* to) { forward(rows, width, epsilon, from, scale, shift, to, means, inverses); },
        input, output);
  });
}

int32_t sharpless_layer_norm_backward(int32_t element, int64_t rows, int64_t width, const void* gradient,
                                      const void* input, const float* scale, const float* means, const float* inverses,
                                      void* to_input, float* to_scale, float* to_shift) noexcept {
  return guarded_kernel([&] {
    with_elements(
        element,
        [&](auto* given, auto* from, auto* to) {
          backward(rows, width, given, from, scale, means, inverses, to, to_scale, to_shift);
        },
        gradient, input, to_input);
  });
}
