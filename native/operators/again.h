#pragma once

// First derivatives that can be differentiated again: of the same operator composed of ATen's.

#include <torch/csrc/autograd/autograd.h>

namespace sharpless {

/// The gradients of the inputs, with a graph of their own; undefined for an input that needs none.
inline torch::autograd::variable_list gradients_again(const at::Tensor& composed,
                                                      const torch::autograd::variable_list& inputs,
                                                      const at::Tensor& gradient) {
  torch::autograd::variable_list needed, result(inputs.size());
  for (const at::Tensor& input : inputs) {
    if (input.requires_grad()) needed.push_back(input);
  }
  const auto found = torch::autograd::grad({composed}, needed, {gradient}, /*retain_graph=*/true, /*create_graph=*/true,
                                           /*allow_unused=*/true);
  size_t next = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].requires_grad()) result[i] = found[next++];
  }
  return result;
}

}  // namespace sharpless
