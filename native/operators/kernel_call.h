#pragma once

// What the operators share: the kernels' view of a tensor, and their errors as libtorch's.

#include <ATen/core/Tensor.h>

#include "kernels.h"

namespace sharpless {

/// Whether the kernels take elements of this kind, in this place.
inline bool has_kernels(const at::Tensor& tensor) {
  return tensor.is_cpu() && (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16);
}

inline int32_t element_of(const at::Tensor& tensor) { return static_cast<int32_t>(tensor.scalar_type()); }

inline void check_kernel(int32_t status) { TORCH_CHECK(status == 0, sharpless_kernels_error()); }

}  // namespace sharpless
