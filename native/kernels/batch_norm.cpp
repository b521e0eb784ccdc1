// Batch normalization (arXiv:1502.03167) in one kernel with what stands around it in residual networks: the addition of
// the residual before, the (leaky) ReLU after.
//
//   sum = input + residual;  activated = leaky_relu((sum - mean) / sqrt(variance + epsilon) * weight + bias)
//
// Forward is one pass for the sum and its statistics and one for the rest; backward is one reduction and one pass,
// which also adds the gradient that arrives at `sum` from the next residual. For the backward only sum is kept: the
// sign of the activation is computed again.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/element.h"
#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

/// Mean and biased variance of each channel, in float64.
struct Statistics {
  std::vector<double> mean, variance;
};

/// Sums over the batch of g and of g * (sum - mean), where g is the gradient behind the activation.
struct GradientSums {
  std::vector<double> gradient, gradient_times_centered;
};

/// How a matrix [rows, channels] is walked. Few channels make short loops, so `repeat` rows are taken as one wide row
/// whose channels repeat. Chunks are the tasks of the threads; they depend on the shape alone, and partial sums are one
/// per chunk, so the number of threads does not show.
struct Plan {
  int64_t rows, channels, repeat, width, chunk_rows, chunks;

  explicit Plan(const sharpless_batch_norm_plan& plan) : rows(plan.rows), channels(plan.channels) {
    constexpr int64_t least_width = 256, least_chunk = 1 << 15, most_chunks = 256;
    repeat = std::max<int64_t>(1, least_width / channels);
    width = repeat * channels;
    chunk_rows = std::max(divide_up(rows, most_chunks), divide_up(least_chunk, channels));
    chunk_rows = divide_up(chunk_rows, 4 * repeat) * 4 * repeat;
    chunks = divide_up(rows, chunk_rows);
  }

  static int64_t divide_up(int64_t value, int64_t by) { return (value + by - 1) / by; }

  int64_t begin(int64_t chunk) const { return chunk * chunk_rows * channels; }
  int64_t end(int64_t chunk) const { return std::min(rows, (chunk + 1) * chunk_rows) * channels; }

  /// One value per channel, repeated to the width of a wide row.
  template <class Value>
  std::vector<float> widen(const Value& value) const {
    std::vector<float> wide(width);
    for (int64_t i = 0; i < width; ++i) wide[i] = static_cast<float>(value(i % channels));
    return wide;
  }
};

/// Runs row(offset, length) over all wide rows, the threads' shares from back to front: the pass before went from front
/// to back, so its last rows are still in the cache.
template <class Row>
void for_each_row(const Plan& plan, const Row& row) {
  parallel_for(0, plan.chunks, 1, [&](int64_t first, int64_t last) {
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t chunk = last - 1; chunk >= first; --chunk) {
        const int64_t end = plan.end(chunk);
        for (int64_t i = plan.begin(chunk); i < end; i += plan.width) row(i, std::min(plan.width, end - i));
      }
    });
  });
}

/// Sums two values per element over the rows: terms(offset, channel, first, second) gives them, four rows are added in
/// Term's precision, everything beyond in float64.
template <class Term, class Terms>
void reduce_rows(const Plan& plan, const Terms& terms, std::vector<double>& first_sums,
                 std::vector<double>& second_sums) {
  const int64_t channels = plan.channels, width = plan.width;
  std::vector<double> partial(plan.chunks * 2 * channels);
  parallel_for(0, plan.chunks, 1, [&](int64_t first_chunk, int64_t last_chunk) {
    std::vector<double> wide(2 * width);
    at_best_level([&]() SHARPLESS_LOOP {
      double* __restrict first = wide.data();
      double* __restrict second = wide.data() + width;
      for (int64_t chunk = first_chunk; chunk < last_chunk; ++chunk) {
        std::fill(wide.begin(), wide.end(), 0.0);
        const int64_t end = plan.end(chunk);
        int64_t i = plan.begin(chunk);
        for (; i + 4 * width <= end; i += 4 * width) {
          SHARPLESS_INDEPENDENT
          for (int64_t c = 0; c < width; ++c) {
            Term a0, a1, a2, a3, b0, b1, b2, b3;
            terms(i + c, c, a0, b0);
            terms(i + width + c, c, a1, b1);
            terms(i + 2 * width + c, c, a2, b2);
            terms(i + 3 * width + c, c, a3, b3);
            first[c] += (a0 + a1) + (a2 + a3);
            second[c] += (b0 + b1) + (b2 + b3);
          }
        }
        while (i < end) {
          const int64_t length = std::min(width, end - i);
          SHARPLESS_INDEPENDENT
          for (int64_t c = 0; c < length; ++c) {
            Term a, b;
            terms(i + c, c, a, b);
            first[c] += a;
            second[c] += b;
          }
          i += length;
        }
        double* sums = partial.data() + chunk * 2 * channels;
        for (int64_t c = 0; c < width; ++c) {
          sums[c % channels] += first[c];
          sums[channels + c % channels] += second[c];
        }
      }
    });
  });

  first_sums.assign(channels, 0.0);
  second_sums.assign(channels, 0.0);
  for (int64_t chunk = 0; chunk < plan.chunks; ++chunk) {
    const double* sums = partial.data() + chunk * 2 * channels;
    for (int64_t c = 0; c < channels; ++c) {
      first_sums[c] += sums[c];
      second_sums[c] += sums[channels + c];
    }
  }
}

// The three activations: of a value, and of the gradient that comes back where the value was z.
struct Identity {
  SHARPLESS_INLINE float forward(float z) const { return z; }
  SHARPLESS_INLINE float backward(float, float gradient) const { return gradient; }
};
struct Relu {
  SHARPLESS_INLINE float forward(float z) const { return z < 0.0f ? 0.0f : z; }
  SHARPLESS_INLINE float backward(float z, float gradient) const { return z > 0.0f ? gradient : 0.0f; }
};
struct LeakyRelu {
  float slope;
  // Multiplied whether needed or not: a product in one arm alone is a branch to the compiler, which then does not
  // vectorize.
  SHARPLESS_INLINE float forward(float z) const { return select(z > 0.0f, z, z * slope); }
  SHARPLESS_INLINE float backward(float z, float gradient) const {
    return select(z > 0.0f, gradient, gradient * slope);
  }
};

template <class Body>
void with_activation(double negative_slope, const Body& body) {
  if (negative_slope == 0) {
    body(Relu());
  } else if (negative_slope == 1) {
    body(Identity());
  } else {
    body(LeakyRelu{static_cast<float>(negative_slope)});
  }
}

/// Channels widened. z is computed from them in one place, so that forward and backward see the same sign.
struct Wide {
  std::vector<float> mean, scale, bias;

  Wide(const Plan& plan, const float* means, const float* inverses, const float* weights, const float* biases)
      : mean(plan.widen([&](int64_t c) { return means[c]; })),
        scale(plan.widen([&](int64_t c) { return weights[c] * inverses[c]; })),
        bias(plan.widen([&](int64_t c) { return biases[c]; })) {}
};

SHARPLESS_INLINE float affine(float centered, float scale, float bias) { return centered * scale + bias; }

template <class Element>
void add(const Plan& plan, const Element* x, const Element* r, Element* s) {
  for_each_row(plan, [=](int64_t begin, int64_t length) SHARPLESS_LOOP {
    SHARPLESS_INDEPENDENT
    for (int64_t i = begin; i < begin + length; ++i) store(s[i], to_float(x[i]) + to_float(r[i]));
  });
}

/// sum = input + residual (where there is one), and the statistics of that sum in the same pass.
template <class Element>
Statistics add_and_measure(const Plan& plan, const Element* x, const Element* r, Element* s) {
  Statistics statistics;
  // Sums of squares around the first row instead of around 0: no cancellation where the mean is far from 0.
  const std::vector<float> origin =
      plan.widen([&](int64_t c) { return to_float(x[c]) + (r == nullptr ? 0.0f : to_float(r[c])); });
  const float* o = origin.data();
  if (r == nullptr) {
    const auto terms = [=](int64_t i, int64_t c, double& value, double& square) SHARPLESS_LOOP {
      value = static_cast<double>(to_float(x[i])) - o[c];
      square = value * value;
    };
    reduce_rows<double>(plan, terms, statistics.mean, statistics.variance);
  } else {
    const auto terms = [=](int64_t i, int64_t c, double& value, double& square) SHARPLESS_LOOP {
      // Measured is what is stored, so the rounded sum.
      const float rounded = store_rounded(s[i], to_float(x[i]) + to_float(r[i]));
      value = static_cast<double>(rounded) - o[c];
      square = value * value;
    };
    reduce_rows<double>(plan, terms, statistics.mean, statistics.variance);
  }
  for (int64_t c = 0; c < plan.channels; ++c) {
    const double offset = statistics.mean[c] / plan.rows;
    statistics.mean[c] = origin[c] + offset;
    statistics.variance[c] = std::max(0.0, statistics.variance[c] / plan.rows - offset * offset);
  }
  return statistics;
}

template <class Element>
void normalize(const Plan& plan, const Wide& wide, double negative_slope, const Element* s, Element* y) {
  const float *mean = wide.mean.data(), *scale = wide.scale.data(), *bias = wide.bias.data();
  with_activation(negative_slope, [&](const auto activation) {
    for_each_row(plan, [=](int64_t begin, int64_t length) SHARPLESS_LOOP {
      SHARPLESS_INDEPENDENT
      for (int64_t c = 0; c < length; ++c) {
        const float z = affine(to_float(s[begin + c]) - mean[c], scale[c], bias[c]);
        store(y[begin + c], activation.forward(z));
      }
    });
  });
}

/// The reductions of the gradient. The sign of the activation is computed again from sum.
template <class Element>
GradientSums reduce_gradient(const Plan& plan, const Wide& wide, double negative_slope, const Element* dy,
                             const Element* s) {
  const float *mean = wide.mean.data(), *scale = wide.scale.data(), *bias = wide.bias.data();
  GradientSums sums;
  with_activation(negative_slope, [&](const auto activation) {
    const auto terms = [=](int64_t i, int64_t c, float& g, float& g_centered) SHARPLESS_LOOP {
      const float centered = to_float(s[i]) - mean[c];
      g = activation.backward(affine(centered, scale[c], bias[c]), to_float(dy[i]));
      g_centered = g * centered;
    };
    reduce_rows<float>(plan, terms, sums.gradient, sums.gradient_times_centered);
  });
  return sums;
}

/// The gradient with respect to sum, plus what arrives there from elsewhere (null for nothing). With sums the
/// statistics are those of the batch and pass their share on; with null they are constants.
template <class Element>
void propagate_gradient(const Plan& plan, const Wide& wide, const float* weight, const float* inverse,
                        const GradientSums* sums, double negative_slope, const Element* dy, const Element* ds,
                        const Element* s, Element* dx) {
  const float *mean = wide.mean.data(), *scale = wide.scale.data(), *bias = wide.bias.data();
  // d = scale * (g - average of g - normalized * average of g * normalized), with normalized = centered * inverse
  const double share = sums == nullptr ? 0.0 : 1.0 / static_cast<double>(plan.rows);
  const std::vector<float> constants = plan.widen(
      [&](int64_t c) { return sums == nullptr ? 0.0 : -share * weight[c] * inverse[c] * sums->gradient[c]; });
  const std::vector<float> slopes = plan.widen([&](int64_t c) {
    const double precise = inverse[c];
    return sums == nullptr ? 0.0 : -share * weight[c] * precise * precise * precise * sums->gradient_times_centered[c];
  });
  const float *constant = constants.data(), *slope = slopes.data();
  with_activation(negative_slope, [&](const auto activation) {
    const auto own = [=](int64_t i, int64_t c) SHARPLESS_LOOP {
      const float centered = to_float(s[i]) - mean[c];
      const float g = activation.backward(affine(centered, scale[c], bias[c]), to_float(dy[i]));
      return scale[c] * g + (centered * slope[c] + constant[c]);
    };
    if (ds == nullptr) {
      for_each_row(plan, [=](int64_t begin, int64_t length) SHARPLESS_LOOP {
        SHARPLESS_INDEPENDENT
        for (int64_t c = 0; c < length; ++c) store(dx[begin + c], own(begin + c, c));
      });
    } else {
      for_each_row(plan, [=](int64_t begin, int64_t length) SHARPLESS_LOOP {
        SHARPLESS_INDEPENDENT
        for (int64_t c = 0; c < length; ++c) store(dx[begin + c], own(begin + c, c) + to_float(ds[begin + c]));
      });
    }
  });
}

/// running = (1 - momentum) * running + momentum * batch, the variance unbiased.
void move_statistics(const sharpless_batch_norm_plan& plan, const Statistics& batch, float* mean, float* variance) {
  const double rows = static_cast<double>(plan.rows), momentum = plan.momentum;
  for (int64_t c = 0; c < plan.channels; ++c) {
    const double unbiased = batch.variance[c] * (rows / (rows - 1));
    mean[c] = static_cast<float>((1 - momentum) * mean[c] + momentum * batch.mean[c]);
    variance[c] = static_cast<float>((1 - momentum) * variance[c] + momentum * unbiased);
  }
}

}  // namespace
}  // namespace sharpless

using namespace sharpless;

int32_t sharpless_batch_norm(const sharpless_batch_norm_plan* plan, const void* input, const void* residual, void* sum,
                             const float* weight, const float* bias, float* running_mean, float* running_variance,
                             void* activated, float* mean, float* inverse) noexcept {
  return guarded_kernel([&] {
    const Plan walk(*plan);
    with_elements(
        plan->element,
        [&](auto* x, auto* r, auto* s, auto* y) {
          if (plan->training) {
            const Statistics batch = add_and_measure(walk, x, r, s);
            if (plan->moves) move_statistics(*plan, batch, running_mean, running_variance);
            for (int64_t c = 0; c < plan->channels; ++c) {
              mean[c] = static_cast<float>(batch.mean[c]);
              inverse[c] = static_cast<float>(1 / std::sqrt(batch.variance[c] + plan->epsilon));
            }
          } else {
            if (r != nullptr) add(walk, x, r, s);
            for (int64_t c = 0; c < plan->channels; ++c) {
              mean[c] = running_mean[c];
              inverse[c] = static_cast<float>(1 / std::sqrt(running_variance[c] + plan->epsilon));
            }
          }
          const auto* added = r == nullptr ? x : s;
          normalize(walk, Wide(walk, mean, inverse, weight, bias), plan->negative_slope, added, y);
        },
        input, residual, sum, activated);
  });
}

int32_t sharpless_batch_norm_backward(const sharpless_batch_norm_plan* plan, const void* gradient,
                                      const void* gradient_of_sum, const void* sum, const float* weight,
                                      const float* bias, const float* mean, const float* inverse, void* to_input,
                                      float* to_weight, float* to_bias) noexcept {
  return guarded_kernel([&] {
    const Plan walk(*plan);
    const Wide wide(walk, mean, inverse, weight, bias);
    with_elements(
        plan->element,
        [&](auto* dy, auto* ds, auto* s, auto* dx) {
          const GradientSums sums = reduce_gradient(walk, wide, plan->negative_slope, dy, s);
          for (int64_t c = 0; c < plan->channels; ++c) {
            to_weight[c] = static_cast<float>(sums.gradient_times_centered[c] * inverse[c]);
            to_bias[c] = static_cast<float>(sums.gradient[c]);
          }
          if (dx == nullptr) return;
          propagate_gradient(walk, wide, weight, inverse, plan->training ? &sums : nullptr, plan->negative_slope, dy,
                             ds, s, dx);
        },
        gradient, gradient_of_sum, sum, to_input);
  });
}
