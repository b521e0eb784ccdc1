// bfloat16 2-D convolution for training on CPUs with AVX512-BF16: what the kernels of this folder share.
#pragma once

#include <cstdint>

namespace sharpless::convolution {

using bf16 = std::uint16_t;  // the bits of a bfloat16

// A convolution without groups and dilation. Images are NHWC, weights
// [outChannels][kernelHeight][kernelWidth][inChannels].
struct Shape {
  std::int64_t batch;
  std::int64_t inHeight, inWidth, inChannels;
  std::int64_t outHeight, outWidth, outChannels;
  std::int64_t kernelHeight, kernelWidth;
  std::int64_t stride, padding;
};

// True where this CPU can run the kernels below.
bool IsSupported();

// output = input * weight. Any number of input channels; outChannels a multiple of 16.
void Forward(const Shape& shape, const bf16* input, const bf16* weight, bf16* output);

// Gradient with respect to the input. outChannels even; inChannels a multiple of 16; padding < kernel.
void BackwardInput(const Shape& shape, const bf16* gradOutput, const bf16* weight, bf16* gradInput);

// Gradient with respect to the weight. inChannels a multiple of 16 or kernelWidth * inChannels <= 16; outChannels a
// multiple of 16. Every sum is made in float32 in an order that the shape alone decides.
void BackwardWeight(const Shape& shape, const bf16* gradOutput, const bf16* input, bf16* gradWeight);

}  // namespace sharpless::convolution
