// One pass each over a model's flat weights: the gradient's norm, SAM's ascent, the base optimizer's descent.
//
// The master w is float32 and belongs to the optimizer; the point (float32 or bfloat16) is the copy that the model
// computes with. The ascent writes point = cast(w + perturbation) and leaves w alone, so nothing has to be restored.
// A mask is 1 where a weight is live; a pruned weight is never moved, and its momentum is zero.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/element.h"
#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

// Elements per task. The norm's partial sums are one per chunk, so this number is part of its result.
constexpr int64_t chunk_size = 1 << 16;

/// Splits [0, count) among the threads and runs body(begin, end) compiled for the best level of this machine.
template <class Body>
void for_each_range(int64_t count, const Body& body) {
  parallel_for(0, count, chunk_size,
               [&](int64_t begin, int64_t end) { at_best_level([&]() SHARPLESS_LOOP { body(begin, end); }); });
}

/// Calls body(g, p) with the typed pointers of a gradient and a point.
template <class Body>
void with_gradient_and_point(int32_t gradient_element, const void* gradient, int32_t point_element, void* point,
                             const Body& body) {
  with_elements(
      gradient_element,
      [&](auto* g) {
        with_elements(
            point_element, [&](auto* p) { body(g, p); }, point);
      },
      gradient);
}

// ---- norm -----------------------------------------------------------------------------------------------------------

/// Adds the squares in a fixed order: lanes first, then the lanes one after another. The square of a float is exact in
/// float64, so the levels of vectorization agree bit for bit.
template <bool masked, class Element>
__attribute__((always_inline)) inline double sum_of_squares(const Element* values, const uint8_t* live, int64_t count) {
  constexpr int64_t lanes = 32;
  alignas(64) double sums[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const float kept = masked ? select(live[i + lane], to_float(values[i + lane]), 0.0f) : to_float(values[i + lane]);
      const double value = kept;
      sums[lane] += value * value;
    }
  }
  for (int64_t lane = 0; i < count; ++i, ++lane) {
    const double value = masked ? select(live[i], to_float(values[i]), 0.0f) : to_float(values[i]);
    sums[lane] += value * value;
  }
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

template <class Element>
double squared_norm(int64_t count, const Element* values, const uint8_t* live) {
  const int64_t chunks = (count + chunk_size - 1) / chunk_size;
  std::vector<double> sums(chunks);
  parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t chunk = first; chunk < last; ++chunk) {
        const int64_t begin = chunk * chunk_size;
        const int64_t length = std::min(chunk_size, count - begin);
        sums[chunk] = live == nullptr ? sum_of_squares<false>(values + begin, live, length)
                                      : sum_of_squares<true>(values + begin, live + begin, length);
      }
    });
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

// ---- ascent ---------------------------------------------------------------------------------------------------------

template <class Gradient, class Point>
void ascend(int64_t count, const float* w, const Gradient* g, float s, const uint8_t* live, Point* p) {
  for_each_range(count, [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
    if (live == nullptr) {
      for (int64_t i = begin; i < end; ++i) store(p[i], w[i] + s * to_float(g[i]));
    } else {
      for (int64_t i = begin; i < end; ++i) {
        const float moved = w[i] + s * to_float(g[i]);
        store(p[i], select(live[i], moved, w[i]));
      }
    }
  });
}

// ---- descent --------------------------------------------------------------------------------------------------------

struct Descent {
  float learning_rate;
  float momentum_factor;
  float weight_decay;
};

/// One step of SGD for one weight, rounded as torch.optim.SGD's chain of add_(x, alpha), mul_ and add_ rounds it:
/// libtorch's add with a factor is a fused multiply-add. The flags spare 0 * x, which is not 0 for every x.
template <bool decays, bool has_momentum>
__attribute__((always_inline)) inline void descend_one(Descent by, float g, float& w, float& m) {
  const float d = decays ? __builtin_fmaf(by.weight_decay, w, g) : g;
  m = has_momentum ? by.momentum_factor * m + d : d;
  w = __builtin_fmaf(-by.learning_rate, m, w);
}

template <bool decays, bool has_momentum, class Gradient, class Point>
__attribute__((always_inline)) inline void descend_range(Descent by, const Gradient* g, const uint8_t* live, float* w,
                                                         float* m, Point* p, int64_t begin, int64_t end) {
  if (live == nullptr) {
    SHARPLESS_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
      float weight = w[i], momentum = m[i];
      descend_one<decays, has_momentum>(by, to_float(g[i]), weight, momentum);
      w[i] = weight;
      m[i] = momentum;
      store(p[i], weight);
    }
  } else {
    SHARPLESS_INDEPENDENT
    for (int64_t i = begin; i < end; ++i) {
      float weight = w[i], momentum = m[i];
      descend_one<decays, has_momentum>(by, to_float(g[i]), weight, momentum);
      w[i] = weight = select(live[i], weight, w[i]);
      m[i] = select(live[i], momentum, 0.0f);
      store(p[i], weight);
    }
  }
}

template <class Gradient, class Point>
void descend(int64_t count, Descent by, float* w, const Gradient* g, float* m, const uint8_t* live, Point* p) {
  for_each_range(count, [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
    if (by.weight_decay != 0 && by.momentum_factor != 0) {
      descend_range<true, true>(by, g, live, w, m, p, begin, end);
    } else if (by.weight_decay != 0) {
      descend_range<true, false>(by, g, live, w, m, p, begin, end);
    } else if (by.momentum_factor != 0) {
      descend_range<false, true>(by, g, live, w, m, p, begin, end);
    } else {
      descend_range<false, false>(by, g, live, w, m, p, begin, end);
    }
  });
}

// ---- descent by Adam ------------------------------------------------------------------------------------------------

struct AdamDescent {
  float step_size;  // learning rate / (1 - beta1^t)
  float beta1, rest1;
  float beta2, rest2;
  float root;  // sqrt(1 - beta2^t)
  float epsilon;
  float weight_decay;
};

/// One step of Adam for one weight, in the order of operations of torch.optim.Adam. The flag spares 0 * w.
template <bool decays>
__attribute__((always_inline)) inline void adam_one(const AdamDescent& by, float g, float& w, float& m, float& v) {
  const float d = decays ? __builtin_fmaf(by.weight_decay, w, g) : g;
  m = __builtin_fmaf(by.rest1, d, by.beta1 * m);
  v = by.beta2 * v + by.rest2 * d * d;
  w = w - by.step_size * m / (std::sqrt(v) / by.root + by.epsilon);
}

template <bool decays, class Gradient, class Point>
__attribute__((always_inline)) inline void adam_range(const AdamDescent& by, const Gradient* g, const uint8_t* live,
                                                      float* w, float* m, float* v, Point* p, int64_t begin,
                                                      int64_t end) {
  SHARPLESS_INDEPENDENT
  for (int64_t i = begin; i < end; ++i) {
    float weight = w[i], mean = m[i], square = v[i];
    adam_one<decays>(by, to_float(g[i]), weight, mean, square);
    if (live != nullptr) {
      weight = select(live[i], weight, w[i]);
      mean = select(live[i], mean, 0.0f);
      square = select(live[i], square, 0.0f);
    }
    w[i] = weight;
    m[i] = mean;
    v[i] = square;
    store(p[i], weight);
  }
}

template <class Gradient, class Point>
void descend_adam(int64_t count, const AdamDescent& by, float* w, const Gradient* g, float* m, float* v,
                  const uint8_t* live, Point* p) {
  for_each_range(count, [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
    if (by.weight_decay != 0) {
      adam_range<true>(by, g, live, w, m, v, p, begin, end);
    } else {
      adam_range<false>(by, g, live, w, m, v, p, begin, end);
    }
  });
}

}  // namespace
}  // namespace sharpless

using namespace sharpless;

int32_t sharpless_squared_norm(int32_t element, int64_t count, const void* values, const uint8_t* live,
                               double* norm) noexcept {
  return guarded_kernel([&] {
    with_elements(
        element, [&](auto* typed) { *norm = squared_norm(count, typed, live); }, values);
  });
}

int32_t sharpless_ascend(int32_t gradient_element, int32_t point_element, int64_t count, const float* master,
                         const void* gradient, double scale, const uint8_t* live, void* point) noexcept {
  return guarded_kernel([&] {
    with_gradient_and_point(gradient_element, gradient, point_element, point,
                            [&](auto* g, auto* p) { ascend(count, master, g, static_cast<float>(scale), live, p); });
  });
}

int32_t sharpless_descend(int32_t gradient_element, int32_t point_element, int64_t count, float* master,
                          const void* gradient, float* momentum, double learning_rate, double momentum_factor,
                          double weight_decay, const uint8_t* live, void* point) noexcept {
  const Descent by{static_cast<float>(learning_rate), static_cast<float>(momentum_factor),
                   static_cast<float>(weight_decay)};
  return guarded_kernel([&] {
    with_gradient_and_point(gradient_element, gradient, point_element, point,
                            [&](auto* g, auto* p) { descend(count, by, master, g, momentum, live, p); });
  });
}

int32_t sharpless_descend_adam(int32_t gradient_element, int32_t point_element, int64_t count,
                               const sharpless_adam* given, float* master, const void* gradient, float* mean,
                               float* square, const uint8_t* live, void* point) noexcept {
  const AdamDescent by{static_cast<float>(given->step_size), static_cast<float>(given->beta1),
                       static_cast<float>(1 - given->beta1), static_cast<float>(given->beta2),
                       static_cast<float>(1 - given->beta2), static_cast<float>(given->root),
                       static_cast<float>(given->epsilon),   static_cast<float>(given->weight_decay)};
  return guarded_kernel([&] {
    with_gradient_and_point(gradient_element, gradient, point_element, point,
                            [&](auto* g, auto* p) { descend_adam(count, by, master, g, mean, square, live, p); });
  });
}

int32_t sharpless_copy_to_point(int32_t point_element, int64_t count, const float* master, void* point) noexcept {
  return guarded_kernel([&] {
    with_elements(
        point_element,
        [&](auto* p) {
          for_each_range(count, [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
            for (int64_t i = begin; i < end; ++i) store(p[i], master[i]);
          });
        },
        point);
  });
}
