// The passes over weight space as operators of libtorch. On the CPU they are kernels; tensors elsewhere, or of other
// floating types, go through ATen with equal results.

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/library.h>

#include "operators/kernel_call.h"

namespace sharpless {
namespace {

using at::Tensor;
using Mask = c10::optional<Tensor>;

void check_flat(const char* operation, const char* name, const Tensor& tensor, const Tensor& like) {
  TORCH_CHECK(tensor.dim() == 1 && tensor.is_contiguous(), operation, ": ", name,
              " must be flat (one dimension, contiguous), but its shape is ", tensor.sizes(), " with strides ",
              tensor.strides());
  TORCH_CHECK(tensor.numel() == like.numel(), operation, ": ", name, " has ", tensor.numel(), " elements, expected ",
              like.numel());
  TORCH_CHECK(tensor.device() == like.device(), operation, ": ", name, " is on ", tensor.device(), ", expected ",
              like.device());
}

void check_floating(const char* operation, const char* name, const Tensor& tensor, const Tensor& like) {
  check_flat(operation, name, tensor, like);
  TORCH_CHECK(at::isFloatingType(tensor.scalar_type()), operation, ": ", name, " is ", tensor.scalar_type(),
              ", expected a floating type");
}

void check_master(const char* operation, const char* name, const Tensor& tensor, const Tensor& like) {
  check_flat(operation, name, tensor, like);
  TORCH_CHECK(tensor.scalar_type() == at::kFloat, operation, ": ", name, " is ", tensor.scalar_type(),
              ", expected Float");
}

void check_mask(const char* operation, const Mask& mask, const Tensor& like) {
  if (!mask.has_value()) return;
  check_flat(operation, "mask", *mask, like);
  TORCH_CHECK(mask->scalar_type() == at::kBool, operation, ": mask is ", mask->scalar_type(),
              ", expected Bool (true: live)");
}

/// The mask's bytes, 1 or 0 each (as bytes they vectorize, as bool they do not), or null.
const uint8_t* live_or_null(const Mask& mask) {
  return mask.has_value() ? static_cast<const uint8_t*>(mask->data_ptr()) : nullptr;
}

double squared_norm(const Tensor& gradient, const Mask& mask) {
  check_floating("squared_norm", "gradient", gradient, gradient);
  check_mask("squared_norm", mask, gradient);
  if (!has_kernels(gradient)) {
    const Tensor values = mask.has_value() ? gradient.masked_select(*mask) : gradient;
    return values.to(at::kDouble).square().sum().item<double>();
  }

  double norm = 0;
  check_kernel(
      sharpless_squared_norm(element_of(gradient), gradient.numel(), gradient.data_ptr(), live_or_null(mask), &norm));
  return norm;
}

// ---- ascent ---------------------------------------------------------------------------------------------------------

void ascend(const Tensor& master, const Tensor& gradient, double scale, const Mask& mask, Tensor point) {
  check_master("ascend", "master", master, master);
  check_floating("ascend", "gradient", gradient, master);
  check_mask("ascend", mask, master);
  check_floating("ascend", "point", point, master);
  if (!has_kernels(master) || !has_kernels(gradient) || !has_kernels(point)) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const Tensor moved = master + gradient.to(at::kFloat) * scale;
    point.copy_(mask.has_value() ? at::where(*mask, moved, master) : moved);
    return;
  }

  check_kernel(sharpless_ascend(element_of(gradient), element_of(point), master.numel(), master.data_ptr<float>(),
                                gradient.data_ptr(), scale, live_or_null(mask), point.data_ptr()));
}

// ---- descent --------------------------------------------------------------------------------------------------------

struct Descent {
  float learning_rate;
  float momentum_factor;
  float weight_decay;
};

void descend_with_aten(const Descent& by, Tensor& master, const Tensor& gradient, Tensor& momentum, const Mask& mask,
                       Tensor& point) {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  Tensor d = gradient.to(at::kFloat);
  if (by.weight_decay != 0) d = at::add(d, master, by.weight_decay);
  Tensor m = by.momentum_factor != 0 ? at::mul(momentum, by.momentum_factor).add_(d) : d;
  Tensor w = at::add(master, m, -by.learning_rate);
  if (mask.has_value()) {
    w = at::where(*mask, w, master);
    m = m.masked_fill(mask->logical_not(), 0);
  }
  momentum.copy_(m);
  master.copy_(w);
  point.copy_(w);
}

void descend(Tensor master, const Tensor& gradient, Tensor momentum, double learning_rate, double momentum_factor,
             double weight_decay, const Mask& mask, Tensor point) {
  check_master("descend", "master", master, master);
  check_floating("descend", "gradient", gradient, master);
  check_master("descend", "momentum", momentum, master);
  check_mask("descend", mask, master);
  check_floating("descend", "point", point, master);
  const Descent by{static_cast<float>(learning_rate), static_cast<float>(momentum_factor),
                   static_cast<float>(weight_decay)};
  if (!has_kernels(master) || !has_kernels(gradient) || !has_kernels(point)) {
    descend_with_aten(by, master, gradient, momentum, mask, point);
    return;
  }

  check_kernel(sharpless_descend(element_of(gradient), element_of(point), master.numel(), master.data_ptr<float>(),
                                 gradient.data_ptr(), momentum.data_ptr<float>(), learning_rate, momentum_factor,
                                 weight_decay, live_or_null(mask), point.data_ptr()));
}

// ---- descent by Adam ------------------------------------------------------------------------------------------------

struct AdamDescent {
  float step_size;  // learning rate / (1 - beta1^t)
  float beta1, rest1;
  float beta2, rest2;
  float root;  // sqrt(1 - beta2^t)
  float eps;
  float weight_decay;
};

void adam_with_aten(const AdamDescent& by, Tensor& master, const Tensor& gradient, Tensor& mean, Tensor& square,
                    const Mask& mask, Tensor& point) {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  Tensor d = gradient.to(at::kFloat);
  if (by.weight_decay != 0) d = at::add(d, master, by.weight_decay);
  Tensor m = at::mul(mean, by.beta1).add_(d, by.rest1);
  Tensor v = at::mul(square, by.beta2).addcmul_(d, d, by.rest2);
  Tensor w = at::addcdiv(master, m, at::sqrt(v).div_(by.root).add_(by.eps), -by.step_size);
  if (mask.has_value()) {
    const Tensor pruned = mask->logical_not();
    w = at::where(*mask, w, master);
    m.masked_fill_(pruned, 0);
    v.masked_fill_(pruned, 0);
  }
  mean.copy_(m);
  square.copy_(v);
  master.copy_(w);
  point.copy_(w);
}

void descend_adam(Tensor master, const Tensor& gradient, Tensor mean, Tensor square, double step_size, double beta1,
                  double beta2, double root, double eps, double weight_decay, const Mask& mask, Tensor point) {
  check_master("descend_adam", "master", master, master);
  check_floating("descend_adam", "gradient", gradient, master);
  check_master("descend_adam", "mean", mean, master);
  check_master("descend_adam", "square", square, master);
  check_mask("descend_adam", mask, master);
  check_floating("descend_adam", "point", point, master);
  const AdamDescent by{static_cast<float>(step_size), static_cast<float>(beta1),       static_cast<float>(1 - beta1),
                       static_cast<float>(beta2),     static_cast<float>(1 - beta2),   static_cast<float>(root),
                       static_cast<float>(eps),       static_cast<float>(weight_decay)};
  if (!has_kernels(master) || !has_kernels(gradient) || !has_kernels(point)) {
    adam_with_aten(by, master, gradient, mean, square, mask, point);
    return;
  }

  const sharpless_adam given{step_size, beta1, beta2, root, eps, weight_decay};
  check_kernel(sharpless_descend_adam(element_of(gradient), element_of(point), master.numel(), &given,
                                      master.data_ptr<float>(), gradient.data_ptr(), mean.data_ptr<float>(),
                                      square.data_ptr<float>(), live_or_null(mask), point.data_ptr()));
}

// ---- copy -----------------------------------------------------------------------------------------------------------

void copy_to_point(const Tensor& master, Tensor point) {
  check_master("copy_to_point", "master", master, master);
  check_floating("copy_to_point", "point", point, master);
  if (!has_kernels(master) || !has_kernels(point)) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    point.copy_(master);
    return;
  }

  check_kernel(sharpless_copy_to_point(element_of(point), master.numel(), master.data_ptr<float>(), point.data_ptr()));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) {
  library.def("squared_norm(Tensor gradient, Tensor? mask) -> float", &squared_norm);
  library.def("ascend(Tensor master, Tensor gradient, float scale, Tensor? mask, Tensor(a!) point) -> ()", &ascend);
  library.def(
      "descend(Tensor(a!) master, Tensor gradient, Tensor(b!) momentum, float learning_rate, float momentum_factor, "
      "float weight_decay, Tensor? mask, Tensor(c!) point) -> ()",
      &descend);
  library.def(
      "descend_adam(Tensor(a!) master, Tensor gradient, Tensor(b!) mean, Tensor(c!) square, float step_size, "
      "float beta1, float beta2, float root, float eps, float weight_decay, Tensor? mask, Tensor(d!) point) -> ()",
      &descend_adam);
  library.def("copy_to_point(Tensor master, Tensor(a!) point) -> ()", &copy_to_point);
}

}  // namespace sharpless
