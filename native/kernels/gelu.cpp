// GELU (arXiv:1606.08415) in both its forms, in one pass each way: x Φ(x) with the normal distribution Φ, and with
// Φ(x) replaced by 0.5 (1 + tanh(√(2/π) (x + 0.044715 x³))) = 1 / (1 + exp(-2 √(2/π) (x + 0.044715 x³))).
// libtorch spends as long on the second one as on the matrix product before it.

#include <cstdint>

#include "kernels/element.h"
#include "kernels/exponential.h"
#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

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
void forward(int64_t count, const Element* from, Element* to) {
  parallel_for(0, count, grain, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
      SHARPLESS_INDEPENDENT
      for (int64_t i = first; i < last; ++i) store(to[i], Form::value(to_float(from[i])));
    });
  });
}

template <class Form, class Element>
void backward(int64_t count, const Element* gradient, const Element* from, Element* to) {
  parallel_for(0, count, grain, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
      SHARPLESS_INDEPENDENT
      for (int64_t i = first; i < last; ++i) store(to[i], to_float(gradient[i]) * Form::derivative(to_float(from[i])));
    });
  });
}

}  // namespace
}  // namespace sharpless

using namespace sharpless;

int32_t sharpless_gelu(int32_t element, int32_t by_tanh, int64_t count, const void* input, void* output) noexcept {
  return guarded_kernel([&] {
    with_elements(
        element,
        [&](auto* from, auto* to) { by_tanh ? forward<ByTanh>(count, from, to) : forward<Exact>(count, from, to); },
        input, output);
  });
}

int32_t sharpless_gelu_backward(int32_t element, int32_t by_tanh, int64_t count, const void* gradient,
                                const void* input, void* to_input) noexcept {
  return guarded_kernel([&] {
    with_elements(
        element,
        [&](auto* given, auto* from, auto* to) {
          by_tanh ? backward<ByTanh>(count, given, from, to) : backward<Exact>(count, given, from, to);
        },
        gradient, input, to_input);
  });
}
