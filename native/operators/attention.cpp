// sharpless::attention: the kernel as an operator of libtorch, with derivatives. What the kernel does not take, and
// second derivatives, are composed of ATen's operators.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <cmath>

#include "operators/again.h"
#include "operators/kernel_call.h"

namespace sharpless {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr const char* name = "attention";

/// [B, heads, T, D] in the memory of [B, T, heads, D]: what splits and merges heads without a copy.
Tensor empty_heads(const Tensor& like, int64_t rows, int64_t width) {
  return at::empty({like.size(0), rows, like.size(1), width}, like.options()).transpose(1, 2);
}

Tensor with_rows(const Tensor& tensor) { return tensor.stride(3) == 1 ? tensor : tensor.contiguous(); }

Tensor composed(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
  const Tensor products = at::matmul(q * (1 / std::sqrt(static_cast<double>(q.size(3)))), k.transpose(-2, -1));
  const Tensor weights = at::softmax(mask.defined() ? products + mask.to(q.scalar_type()) : products, -1);
  return at::matmul(weights, v);
}

sharpless_heads heads_of(const Tensor& tensor) {
  return {tensor.data_ptr(), tensor.stride(0), tensor.stride(1), tensor.stride(2)};
}

sharpless_attention_plan plan_of(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
  sharpless_attention_plan plan{q.size(0), q.size(1), q.size(2), k.size(2), q.size(3), v.size(3), element_of(q),
                                0,         nullptr,   0,         0,         0,         0};
  if (mask.defined()) {
    plan.mask = mask.data_ptr<float>();
    plan.mask_batch = mask.stride(0), plan.mask_head = mask.stride(1);
    plan.mask_query = mask.stride(2), plan.mask_key = mask.stride(3);
  }
  return plan;
}

struct Attention : torch::autograd::Function<Attention> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                        const c10::optional<Tensor>& mask) {
    Tensor added;
    if (mask.has_value()) added = mask->to(at::kFloat).expand({q.size(0), q.size(1), q.size(2), k.size(2)});
    Tensor out = empty_heads(q, q.size(2), v.size(3));
    const sharpless_attention_plan plan = plan_of(q, k, v, added);
    const sharpless_heads queries = heads_of(q), keys = heads_of(k), values = heads_of(v), result = heads_of(out);
    check_kernel(sharpless_attention(&plan, &queries, &keys, &values, &result));
    context->save_for_backward({q, k, v, added});
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &mask = saved[3];
    if (at::GradMode::is_enabled()) {
      const variable_list inner = gradients_again(composed(q, k, v, mask), {q, k, v}, gradients[0]);
      return {inner[0], inner[1], inner[2], Tensor()};
    }
    const Tensor gradient = with_rows(gradients[0].to(q.scalar_type()));
    Tensor to_q = empty_heads(q, q.size(2), q.size(3)), to_k = empty_heads(k, k.size(2), k.size(3)),
           to_v = empty_heads(v, v.size(2), v.size(3));
    const sharpless_attention_plan plan = plan_of(q, k, v, mask);
    const sharpless_heads given = heads_of(gradient), queries = heads_of(q), keys = heads_of(k), values = heads_of(v),
                          of_queries = heads_of(to_q), of_keys = heads_of(to_k), of_values = heads_of(to_v);
    check_kernel(
        sharpless_attention_backward(&plan, &given, &queries, &keys, &values, &of_queries, &of_keys, &of_values));
    return {to_q, to_k, to_v, Tensor()};
  }
};

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const c10::optional<Tensor>& mask) {
  TORCH_CHECK(q.dim() == 4 && k.dim() == 4 && v.dim() == 4 && q.sizes().slice(0, 2) == k.sizes().slice(0, 2) &&
                  q.sizes().slice(0, 2) == v.sizes().slice(0, 2) && q.size(3) == k.size(3) && k.size(2) == v.size(2),
              name, ": queries ", q.sizes(), ", keys ", k.sizes(), " and values ", v.sizes(),
              " do not fit; expected [B, heads, Q, D], [B, heads, T, D] and [B, heads, T, V]");
  const auto type = q.scalar_type();
  const bool has_loops = has_kernels(q) && k.is_cpu() && v.is_cpu() && k.scalar_type() == type &&
                         v.scalar_type() == type && q.numel() > 0 && k.numel() > 0 && v.numel() > 0;
  if (!has_loops) return composed(q, k, v, mask.value_or(Tensor()));
  // Copied out here, where the copy has a derivative: second derivatives go through it.
  return Attention::apply(with_rows(q), with_rows(k), with_rows(v), mask);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, library) {
  library.def("attention(Tensor queries, Tensor keys, Tensor values, Tensor? mask) -> Tensor", &attention);
}

}  // namespace sharpless
