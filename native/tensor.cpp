#include <ATen/core/Tensor.h>

#include <atomic>

#include "guard.h"

namespace sharpless {
namespace {
std::atomic<int64_t> live_handles{0};
}

at::Tensor borrow(sharpless_tensor handle) {
  if (handle == nullptr) return {};
  return at::Tensor(
      at::Tensor::wrap_tensor_impl(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(
          static_cast<c10::TensorImpl*>(handle))));
}

sharpless_tensor hand_out(at::Tensor tensor) {
  if (!tensor.defined()) return nullptr;
  live_handles.fetch_add(1, std::memory_order_relaxed);
  return tensor.unsafeReleaseTensorImpl();
}

}  // namespace sharpless

using sharpless::borrow;
using sharpless::guarded;
using sharpless::hand_out;

void sharpless_tensor_free(sharpless_tensor tensor) noexcept {
  if (tensor == nullptr) return;
  sharpless::live_handles.fetch_sub(1, std::memory_order_relaxed);
  c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(static_cast<c10::TensorImpl*>(tensor));
}

int64_t sharpless_tensor_live(void) noexcept { return sharpless::live_handles.load(std::memory_order_relaxed); }

sharpless_status sharpless_tensor_alias(sharpless_tensor tensor, sharpless_tensor* alias) noexcept {
  return guarded([&] { *alias = hand_out(borrow(tensor)); });
}

sharpless_status sharpless_tensor_describe(sharpless_tensor tensor, sharpless_description* description) noexcept {
  return guarded([&] {
    const at::Tensor value = borrow(tensor);
    TORCH_CHECK(value.dim() <= 16, "a tensor of ", value.dim(), " dimensions; the door knows up to 16");
    description->scalar_type = static_cast<int32_t>(value.scalar_type());
    description->device_type = static_cast<int32_t>(value.device().type());
    description->device_index = value.device().has_index() ? value.device().index() : 0;
    description->dimensions = static_cast<int32_t>(value.dim());
    description->requires_gradient = value.requires_grad();
    description->is_leaf = value.is_leaf();
    for (int64_t i = 0; i < value.dim(); ++i) {
      description->sizes[i] = value.size(i);
      description->strides[i] = value.stride(i);
    }
  });
}

sharpless_status sharpless_tensor_data(sharpless_tensor tensor, void** data) noexcept {
  return guarded([&] {
    const at::Tensor value = borrow(tensor);
    TORCH_CHECK(value.is_cpu(), "the data of a tensor on ", value.device(),
                " cannot be reached from the CPU; copy it first");
    *data = value.data_ptr();
  });
}
