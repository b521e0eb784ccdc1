#pragma once

// Batch normalization with its addition and activation, over memory: the loops behind the operator of batch_norm.cpp.

#include <ATen/ATen.h>

#include <vector>

namespace sharpless::batch_norm {

/// What one pass over a batch needs to know of each channel.
struct Channels {
  std::vector<float> mean;    ///< of the batch, or the running one
  std::vector<float> invstd;  ///< 1 / sqrt(variance + eps)
  std::vector<float> weight;
  std::vector<float> bias;
};

/// Mean and biased variance of each channel, in float64.
struct Statistics {
  std::vector<double> mean;
  std::vector<double> variance;
};

/// Sums over the batch of g and of g * (sum - mean), where g is the gradient behind the activation.
struct GradientSums {
  std::vector<double> gradient;
  std::vector<double> gradient_times_centered;
};

// The tensors below are float32 or bfloat16, all of one type, on the CPU, and lie in memory as [rows, channels]: shape
// [B, C] contiguous or [B, C, H, W] channels-last. None of the results depends on the number of threads.

/// sum = input + residual, rounded to its type; an undefined residual leaves it out.
void add(const at::Tensor& input, const at::Tensor& residual, at::Tensor& sum);

/// The same, and the statistics of that sum in the same pass; without a residual sum is left alone, it is the input.
Statistics add_and_measure(const at::Tensor& input, const at::Tensor& residual, at::Tensor& sum);

/// activated = leaky_relu((sum - mean) * weight * invstd + bias).
void normalize(const at::Tensor& sum, const Channels& channels, double negative_slope, at::Tensor& activated);

/// The reductions of the gradient. The sign of the activation is computed again from sum.
GradientSums reduce_gradient(const at::Tensor& gradient, const at::Tensor& sum, const Channels& channels,
                             double negative_slope);

/// The gradient with respect to sum, plus gradient_of_sum (what arrives there from elsewhere) if that is defined.
/// With sums the statistics are those of the batch and pass their share on; with null they are constants.
void propagate_gradient(const at::Tensor& gradient, const at::Tensor& gradient_of_sum, const at::Tensor& sum,
                        const Channels& channels, const GradientSums* sums, double negative_slope,
                        at::Tensor& gradient_of_input);

}  // namespace sharpless::batch_norm
