// One pass each over a model's flat weights: the gradient's norm, SAM's ascent, the base optimizer's descent.
//
// The master w is float32 and belongs to the optimizer; the point (float32 or bfloat16) is the copy that the model
// computes with. The ascent writes point = cast(w + perturbation) and leaves w alone, so nothing has to be restored.
// A mask is true where a weight is live; a pruned weight is never moved, and its momentum is zero.
//
// On the CPU these are fused loops; tensors elsewhere, or of other floating types, go through ATen with equal results.
// No result depends on the number of threads.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/element.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

using at::BFloat16;
using at::Tensor;
using Mask = c10::optional<Tensor>;

// Elements per task. The norm's partial sums are one per chunk, so this number is part of its result.
constexpr int64_t chunk_size = 1 << 16;

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

bool has_loop(const Tensor& tensor) {
  return tensor.is_cpu() && (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16);
}

/// The mask's bytes, 1 or 0 each (as bytes they vectorize, as bool they do not), or null.
const uint8_t* live_or_null(const Mask& mask) {
  return mask.has_value() ? static_cast<const uint8_t*>(mask->data_ptr()) : nullptr;
}

/// Calls body with a pointer to the tensor's elements, typed float or BFloat16.
template <class Body>
void with_elements(const Tensor& tensor, const Body& body) {
  if (tensor.scalar_type() == at::kFloat) {
    body(tensor.data_ptr<float>());
  } else {
    body(tensor.data_ptr<BFloat16>());
  }
}

/// Splits [0, count) among the threads and runs body(begin, end) compiled for the best level of this machine.
template <class Body>
void for_each_range(int64_t count, const Body& body) {
  at::parallel_for(0, count, chunk_size,
                   [&](int64_t begin, int64_t end) { at_best_level([&]() SHARPLESS_LOOP { body(begin, end); }); });
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

double squared_norm(const Tensor& gradient, const Mask& mask) {
  check_floating("squared_norm", "gradient", gradient, gradient);
  check_mask("squared_norm", mask, gradient);
  if (!has_loop(gradient)) {
    const Tensor values = mask.has_value() ? gradient.masked_select(*mask) : gradient;
    return values.to(at::kDouble).square().sum().item<double>();
  }

  const int64_t count = gradient.numel();
  const int64_t chunks = (count + chunk_size - 1) / chunk_size;
  const uint8_t* live = live_or_null(mask);
  std::vector<double> sums(chunks);
  with_elements(gradient, [&](const auto* values) {
    at::parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
      at_best_level([&]() SHARPLESS_LOOP {
        for (int64_t chunk = first; chunk < last; ++chunk) {
          const int64_t begin = chunk * chunk_size;
          const int64_t length = std::min(chunk_size, count - begin);
          sums[chunk] = live == nullptr ? sum_of_squares<false>(values + begin, live, length)
                                        : sum_of_squares<true>(values + begin, live + begin, length);
        }
      });
    });
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

// ---- ascent ---------------------------------------------------------------------------------------------------------

void ascend(const Tensor& master, const Tensor& gradient, double scale, const Mask& mask, Tensor point) {
  check_master("ascend", "master", master, master);
  check_floating("ascend", "gradient", gradient, master);
  check_mask("ascend", mask, master);
  check_floating("ascend", "point", point, master);
  if (!has_loop(master) || !has_loop(gradient) || !has_loop(point)) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const Tensor moved = master + gradient.to(at::kFloat) * scale;
    point.copy_(mask.has_value() ? at::where(*mask, moved, master) : moved);
    return;
  }

  const float* w = master.data_ptr<float>();
  const uint8_t* live = live_or_null(mask);
  const float s = static_cast<float>(scale);
  with_elements(gradient, [&](const auto* g) {
    with_elements(point, [&](auto* p) {
      for_each_range(master.numel(), [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
        if (live == nullptr) {
          for (int64_t i = begin; i < end; ++i) store(p[i], w[i] + s * to_float(g[i]));
        } else {
          for (int64_t i = begin; i < end; ++i) {
            const float moved = w[i] + s * to_float(g[i]);
            store(p[i], select(live[i], moved, w[i]));
          }
        }
      });
    });
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
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      float weight = w[i], momentum = m[i];
      descend_one<decays, has_momentum>(by, to_float(g[i]), weight, momentum);
      w[i] = weight;
      m[i] = momentum;
      store(p[i], weight);
    }
  } else {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      float weight = w[i], momentum = m[i];
      descend_one<decays, has_momentum>(by, to_float(g[i]), weight, momentum);
      w[i] = weight = select(live[i], weight, w[i]);
      m[i] = select(live[i], momentum, 0.0f);
      store(p[i], weight);
    }
  }
}

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
  if (!has_loop(master) || !has_loop(gradient) || !has_loop(point)) {
    descend_with_aten(by, master, gradient, momentum, mask, point);
    return;
  }

  float* w = master.data_ptr<float>();
  float* m = momentum.data_ptr<float>();
  const uint8_t* live = live_or_null(mask);
  with_elements(gradient, [&](const auto* g) {
    with_elements(point, [&](auto* p) {
      for_each_range(master.numel(), [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
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
    });
  });
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

/// One step of Adam for one weight, in the order of operations of torch.optim.Adam. The flag spares 0 * w.
template <bool decays>
__attribute__((always_inline)) inline void adam_one(const AdamDescent& by, float g, float& w, float& m, float& v) {
  const float d = decays ? __builtin_fmaf(by.weight_decay, w, g) : g;
  m = __builtin_fmaf(by.rest1, d, by.beta1 * m);
  v = by.beta2 * v + by.rest2 * d * d;
  w = w - by.step_size * m / (std::sqrt(v) / by.root + by.eps);
}

template <bool decays, class Gradient, class Point>
__attribute__((always_inline)) inline void adam_range(const AdamDescent& by, const Gradient* g, const uint8_t* live,
                                                      float* w, float* m, float* v, Point* p, int64_t begin,
                                                      int64_t end) {
#pragma GCC ivdep
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
  if (!has_loop(master) || !has_loop(gradient) || !has_loop(point)) {
    adam_with_aten(by, master, gradient, mean, square, mask, point);
    return;
  }

  float* w = master.data_ptr<float>();
  float* m = mean.data_ptr<float>();
  float* v = square.data_ptr<float>();
  const uint8_t* live = live_or_null(mask);
  with_elements(gradient, [&](const auto* g) {
    with_elements(point, [&](auto* p) {
      for_each_range(master.numel(), [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
        if (by.weight_decay != 0) {
          adam_range<true>(by, g, live, w, m, v, p, begin, end);
        } else {
          adam_range<false>(by, g, live, w, m, v, p, begin, end);
        }
      });
    });
  });
}

// ---- copy -----------------------------------------------------------------------------------------------------------

void copy_to_point(const Tensor& master, Tensor point) {
  check_master("copy_to_point", "master", master, master);
  check_floating("copy_to_point", "point", point, master);
  if (!has_loop(master) || !has_loop(point)) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    point.copy_(master);
    return;
  }

  const float* w = master.data_ptr<float>();
  with_elements(point, [&](auto* p) {
    for_each_range(master.numel(), [=](int64_t begin, int64_t end) SHARPLESS_LOOP {
      for (int64_t i = begin; i < end; ++i) store(p[i], w[i]);
    });
  });
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
