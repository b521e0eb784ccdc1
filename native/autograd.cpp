#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "guard.h"

using sharpless::borrow;
using sharpless::guarded;
using sharpless::hand_out;

int32_t sharpless_gradient_mode(void) noexcept { return c10::GradMode::is_enabled(); }

void sharpless_set_gradient_mode(int32_t on) noexcept { c10::GradMode::set_enabled(on != 0); }

sharpless_status sharpless_tensor_set_requires_gradient(sharpless_tensor tensor, int32_t on) noexcept {
  return guarded([&] { borrow(tensor).set_requires_grad(on != 0); });
}

sharpless_status sharpless_tensor_gradient(sharpless_tensor tensor, sharpless_tensor* gradient) noexcept {
  return guarded([&] { *gradient = hand_out(borrow(tensor).grad()); });
}

sharpless_status sharpless_tensor_set_gradient(sharpless_tensor tensor, sharpless_tensor gradient) noexcept {
  return guarded([&] { borrow(tensor).mutable_grad() = borrow(gradient); });
}

sharpless_status sharpless_backward(sharpless_tensor root, sharpless_tensor gradient, int32_t keep_graph) noexcept {
  return guarded([&] {
    std::vector<at::Tensor> gradients;
    if (gradient != nullptr) gradients.push_back(borrow(gradient));
    torch::autograd::backward({borrow(root)}, gradients, keep_graph != 0, /*create_graph=*/false);
  });
}

sharpless_status sharpless_gradients(sharpless_tensor output, sharpless_tensor output_gradient,
                                     const sharpless_tensor* input, int32_t inputs, int32_t create_graph,
                                     sharpless_tensor* gradients) noexcept {
  return guarded([&] {
    std::vector<at::Tensor> given;
    for (int32_t i = 0; i < inputs; ++i) given.push_back(borrow(input[i]));
    std::vector<at::Tensor> output_gradients;
    if (output_gradient != nullptr) output_gradients.push_back(borrow(output_gradient));
    auto found = torch::autograd::grad({borrow(output)}, given, output_gradients, /*retain_graph=*/create_graph != 0,
                                       create_graph != 0, /*allow_unused=*/true);
    for (int32_t i = 0; i < inputs; ++i) gradients[i] = hand_out(std::move(found[i]));
  });
}
