// Group normalization (arXiv:1803.08494) and the (leaky) ReLU after it in one kernel: float32 parameters and float64
// sums whatever the input. Each example is one task, and stays in the cache between its passes; the gradients of scale
// and shift are added up over examples in their order, so the number of threads does not show.

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/element.h"
#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

/// Wide rows whose sums are taken in float32; beyond, in float64.
constexpr int64_t sums_at_once = 64;

/// How an example [rows, channels] is walked: few channels make short loops, so `repeat` rows are taken as one wide row
/// whose channels repeat.
struct Sizes {
  int64_t examples, rows, channels, members, repeat, width;

  explicit Sizes(const sharpless_group_norm_plan& plan)
      : examples(plan.examples),
        rows(plan.rows),
        channels(plan.channels),
        members(plan.channels / plan.groups),
        repeat(std::max<int64_t>(1, 256 / channels)),
        width(repeat * channels) {}

  int64_t example() const { return rows * channels; }
  double count() const { return static_cast<double>(members * rows); }
};

/// Two sums for each channel over the rows: term(offset, place in the wide row, first, second) adds to them.
template <class Term>
SHARPLESS_INLINE void sum_rows(const Sizes& s, float* partial, double* first, double* second, const Term& term) {
  float *first_part = partial, *second_part = partial + s.width;
  for (int64_t c = 0; c < s.channels; ++c) first[c] = second[c] = 0;
  for (int64_t begin = 0; begin < s.example(); begin += sums_at_once * s.width) {
    for (int64_t j = 0; j < 2 * s.width; ++j) partial[j] = 0;
    const int64_t end = std::min(s.example(), begin + sums_at_once * s.width);
    for (int64_t i = begin; i < end; i += s.width) {
      const int64_t length = std::min(s.width, end - i);
      SHARPLESS_INDEPENDENT
      for (int64_t j = 0; j < length; ++j) term(i + j, j, first_part[j], second_part[j]);
    }
    for (int64_t j = 0; j < s.width; ++j) {
      first[j % s.channels] += first_part[j];
      second[j % s.channels] += second_part[j];
    }
  }
}

/// Runs each(offset, place in the wide row) over an example.
template <class Each>
SHARPLESS_INLINE void for_each_element(const Sizes& s, const Each& each) {
  for (int64_t i = 0; i < s.example(); i += s.width) {
    const int64_t length = std::min(s.width, s.example() - i);
    SHARPLESS_INDEPENDENT
    for (int64_t j = 0; j < length; ++j) each(i + j, j);
  }
}

/// One number for each channel, repeated to a wide row.
SHARPLESS_INLINE void widen(const Sizes& s, const float* values, float* wide) {
  for (int64_t j = 0; j < s.width; ++j) wide[j] = values[j % s.channels];
}

/// In each group the sum of the channels' values times their factors, divided by a number, to each place of a wide row.
template <class Factor>
SHARPLESS_INLINE void share(const Sizes& s, const double* values, const Factor& factor, double divisor, float* wide) {
  for (int64_t begin = 0; begin < s.channels; begin += s.members) {
    double sum = 0;
    for (int64_t c = begin; c < begin + s.members; ++c) sum += values[c] * factor(c);
    for (int64_t c = begin; c < begin + s.members; ++c) wide[c] = static_cast<float>(sum / divisor);
  }
  for (int64_t j = s.channels; j < s.width; ++j) wide[j] = wide[j - s.channels];
}

/// What a task needs.
struct Scratch {
  std::vector<double> first, second;
  std::vector<float> partial, mean, inverse, scale, shift, gradient, along;

  Scratch(const Sizes& s, const float* scales, const float* shifts)
      : first(s.channels),
        second(s.channels),
        partial(2 * s.width),
        mean(s.width),
        inverse(s.width),
        scale(s.width),
        shift(s.width),
        gradient(s.width),
        along(s.width) {
    widen(s, scales, scale.data());
    widen(s, shifts, shift.data());
  }
};

template <class Element>
void forward(const Sizes& s, const Element* from, const float* scales, const float* shifts, double epsilon, float slope,
             Element* to, float* mean_of, float* inverse_of) {
  parallel_for(0, s.examples, 1, [&](int64_t begin, int64_t end) {
    Scratch scratch(s, scales, shifts);
    double *first = scratch.first.data(), *second = scratch.second.data();
    float *partial = scratch.partial.data(), *mean = scratch.mean.data(), *inverse = scratch.inverse.data();
    const float *scale = scratch.scale.data(), *shift = scratch.shift.data();
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t example = begin; example < end; ++example) {
        const Element* x = from + example * s.example();
        Element* y = to + example * s.example();
        const auto one = [](int64_t) SHARPLESS_LOOP { return 1.0; };
        sum_rows(s, partial, first, second,
                 [=](int64_t i, int64_t, float& sum, float&) SHARPLESS_LOOP { sum += to_float(x[i]); });
        share(s, first, one, s.count(), mean);
        // Squares of what is left after the mean: a mean far from 0 would drown the variance.
        sum_rows(s, partial, first, second, [=](int64_t i, int64_t j, float& sum, float&) SHARPLESS_LOOP {
          const float centred = to_float(x[i]) - mean[j];
          sum += centred * centred;
        });
        share(s, first, one, s.count(), inverse);
        for (int64_t j = 0; j < s.width; ++j) inverse[j] = static_cast<float>(1 / std::sqrt(inverse[j] + epsilon));
        for_each_element(s, [=](int64_t i, int64_t j) SHARPLESS_LOOP {
          const float z = (to_float(x[i]) - mean[j]) * inverse[j] * scale[j] + shift[j];
          store(y[i], z > 0 ? z : slope * z);
        });
        std::copy(mean, mean + s.channels, mean_of + example * s.channels);
        std::copy(inverse, inverse + s.channels, inverse_of + example * s.channels);
      }
    });
  });
}

/// With z = (x - mean) / deviation, and g the gradient behind the activation times the scale:
/// (g - mean of g over the group - z * mean of g z) / deviation.
template <class Element>
void backward(const Sizes& s, const Element* given, const Element* from, const float* scales, const float* shifts,
              float slope, const float* mean_of, const float* inverse_of, Element* to, double* to_scale,
              double* to_shift) {
  parallel_for(0, s.examples, 1, [&](int64_t begin, int64_t end) {
    Scratch scratch(s, scales, shifts);
    float *partial = scratch.partial.data(), *mean = scratch.mean.data(), *inverse = scratch.inverse.data();
    float *mean_gradient = scratch.gradient.data(), *along = scratch.along.data();
    const float *scale = scratch.scale.data(), *shift = scratch.shift.data();
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t example = begin; example < end; ++example) {
        const Element *g = given + example * s.example(), *x = from + example * s.example();
        Element* result = to + example * s.example();
        double *of_shift = to_shift + example * s.channels, *of_scale = to_scale + example * s.channels;
        widen(s, mean_of + example * s.channels, mean);
        widen(s, inverse_of + example * s.channels, inverse);
        sum_rows(s, partial, of_shift, of_scale, [=](int64_t i, int64_t j, float& first, float& second) SHARPLESS_LOOP {
          const float z = (to_float(x[i]) - mean[j]) * inverse[j], value = to_float(g[i]);
          const float behind = z * scale[j] + shift[j] > 0 ? value : slope * value;
          first += behind;
          second += behind * z;
        });
        const auto by_scale = [=](int64_t c) SHARPLESS_LOOP { return static_cast<double>(scale[c]); };
        share(s, of_shift, by_scale, s.count(), mean_gradient);
        share(s, of_scale, by_scale, s.count(), along);
        for_each_element(s, [=](int64_t i, int64_t j) SHARPLESS_LOOP {
          const float z = (to_float(x[i]) - mean[j]) * inverse[j], value = to_float(g[i]);
          const float behind = z * scale[j] + shift[j] > 0 ? value : slope * value;
          store(result[i], (behind * scale[j] - mean_gradient[j] - z * along[j]) * inverse[j]);
        });
      }
    });
  });
}

void add_examples(const std::vector<double>& values, int64_t channels, float* to) {
  std::vector<double> sums(channels);
  for (size_t i = 0; i < values.size(); ++i) sums[i % channels] += values[i];
  for (int64_t c = 0; c < channels; ++c) to[c] = static_cast<float>(sums[c]);
}

}  // namespace
}  // namespace sharpless

using namespace sharpless;

int32_t sharpless_group_norm(const sharpless_group_norm_plan* plan, const void* input, const float* scale,
                             const float* shift, void* output, float* means, float* inverses) noexcept {
  return guarded_kernel([&] {
    const Sizes sizes(*plan);
    with_elements(
        plan->element,
        [&](auto* from, auto* to) {
          forward(sizes, from, scale, shift, plan->epsilon, static_cast<float>(plan->negative_slope), to, means,
                  inverses);
        },
        input, output);
  });
}

int32_t sharpless_group_norm_backward(const sharpless_group_norm_plan* plan, const void* gradient, const void* input,
                                      const float* scale, const float* shift, const float* means, const float* inverses,
                                      void* to_input, float* to_scale, float* to_shift) noexcept {
  return guarded_kernel([&] {
    const Sizes sizes(*plan);
    std::vector<double> of_scale(sizes.examples * sizes.channels), of_shift(sizes.examples * sizes.channels);
    with_elements(
        plan->element,
        [&](auto* given, auto* from, auto* to) {
          backward(sizes, given, from, scale, shift, static_cast<float>(plan->negative_slope), means, inverses, to,
                   of_scale.data(), of_shift.data());
        },
        gradient, input, to_input);
    add_examples(of_scale, sizes.channels, to_scale);
    add_examples(of_shift, sizes.channels, to_shift);
  });
}
