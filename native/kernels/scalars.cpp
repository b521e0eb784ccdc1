// Numbers that TorchSharp hands to operators (its Scalar). It frees one as soon as the garbage collector finds the
// wrapper unreachable, which may be while the operator still reads the number: TorchSharp's methods do not keep the
// wrapper alive during the call. So freeing waits here until many others were freed.

#include <atomic>
#include <cstdint>

#include "kernels.h"

namespace {

// A ring of the last ones: 3 MB with the heap's own bytes. An operator reads its numbers in its first microseconds.
constexpr uint32_t kWaiting = 1 << 16;
std::atomic<void*> waiting[kWaiting];
std::atomic<uint32_t> next{0};
std::atomic<sharpless_free> free_scalar{nullptr};

}  // namespace

void sharpless_free_scalars_by(sharpless_free function) noexcept { free_scalar = function; }

// The name of TorchSharp's bridge, so that TorchSharp's import of it can be bound to this one.
void THSTorch_dispose_scalar(void* scalar) noexcept {
  void* oldest = waiting[next.fetch_add(1) % kWaiting].exchange(scalar);
  if (oldest != nullptr) free_scalar.load()(oldest);
}
