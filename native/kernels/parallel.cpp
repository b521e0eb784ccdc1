#include "kernels/parallel.h"

#include <cstdio>
#include <stdexcept>

namespace sharpless {
namespace {

sharpless_parallel_for given_parallel_for = nullptr;
sharpless_thread_count given_count = nullptr;
thread_local char last_error[512] = "";

}  // namespace

int64_t thread_count() {
  uint32_t count = 1;
  if (given_count == nullptr || given_count(&count) != 0 || count == 0) return 1;
  return count;
}

void parallel_for(int64_t begin, int64_t end, int64_t grain, sharpless_range run, void* context) {
  if (begin >= end) return;
  if (given_parallel_for == nullptr) return run(begin, end, context);
  if (given_parallel_for(begin, end, grain, run, context) != 0)
    throw std::runtime_error("the threads of a kernel failed");
}

void remember_kernel_error(const char* text) noexcept { std::snprintf(last_error, sizeof last_error, "%s", text); }

}  // namespace sharpless

int32_t sharpless_kernels_abi(void) noexcept { return SHARPLESS_KERNELS_ABI; }

const char* sharpless_kernels_error(void) noexcept { return sharpless::last_error; }

void sharpless_kernels_use_threads(sharpless_parallel_for parallel_for, sharpless_thread_count count) noexcept {
  sharpless::given_parallel_for = parallel_for;
  sharpless::given_count = count;
}
