#include "kernels/convolution.h"

#include "kernels/parallel.h"

using namespace sharpless;

namespace {

convolution::Shape of(const sharpless_convolution_shape& s) {
  return {s.batch,        s.in_height,     s.in_width,     s.in_channels, s.out_height, s.out_width,
          s.out_channels, s.kernel_height, s.kernel_width, s.stride,      s.padding};
}

}  // namespace

int32_t sharpless_convolution_is_supported(void) noexcept { return convolution::IsSupported(); }

int32_t sharpless_convolution(const sharpless_convolution_shape* shape, const uint16_t* input, const uint16_t* weight,
                              uint16_t* output) noexcept {
  return guarded_kernel([&] { convolution::Forward(of(*shape), input, weight, output); });
}

int32_t sharpless_convolution_to_input(const sharpless_convolution_shape* shape, const uint16_t* gradient,
                                       const uint16_t* weight, uint16_t* to_input) noexcept {
  return guarded_kernel([&] { convolution::BackwardInput(of(*shape), gradient, weight, to_input); });
}

int32_t sharpless_convolution_to_weight(const sharpless_convolution_shape* shape, const uint16_t* gradient,
                                        const uint16_t* input, uint16_t* to_weight) noexcept {
  return guarded_kernel([&] { convolution::BackwardWeight(of(*shape), gradient, input, to_weight); });
}
