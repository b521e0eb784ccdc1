// How the C library's allocator treats the memory of tensors.
#include <malloc.h>

namespace {

// A training step takes and frees the same large tensors over and over. By default each of them is mapped anew, and the
// kernel hands out and zeroes its pages one fault at a time, which took a twentieth of a step at width 64 and a sixth
// at width 16. Kept in the heap, they are there already at the next step. The process keeps its peak memory until it
// ends; only blocks beyond 1 GiB (Gram matrices, stored features) still go back at once.
[[maybe_unused]] const int kept = [] {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  return mallopt(M_TRIM_THRESHOLD, -1);
}();

}  // namespace
