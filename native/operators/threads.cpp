// The kernels run on libtorch's threads.

#include <ATen/Parallel.h>

#include "guard.h"
#include "kernels.h"

namespace {

int32_t parallel_for(int64_t begin, int64_t end, int64_t grain, sharpless_range run, void* context) {
  return sharpless::guarded(
      [&] { at::parallel_for(begin, end, grain, [&](int64_t first, int64_t last) { run(first, last, context); }); });
}

int32_t thread_count(uint32_t* count) {
  *count = static_cast<uint32_t>(at::get_num_threads());
  return 0;
}

[[maybe_unused]] const int given = [] {
  sharpless_kernels_use_threads(parallel_for, thread_count);
  return 0;
}();

}  // namespace
