#pragma once

// The threads of the kernels, and the guard around each exported function.

#include <cstdint>
#include <exception>

#include "kernels.h"

namespace sharpless {

/// Threads that parallel_for spreads over.
int64_t thread_count();

/// Runs the parts of [begin, end); throws where the threads' owner fails.
void parallel_for(int64_t begin, int64_t end, int64_t grain, sharpless_range run, void* context);

template <class Body>
void parallel_for(int64_t begin, int64_t end, int64_t grain, const Body& body) {
  parallel_for(
      begin, end, grain,
      [](int64_t first, int64_t last, void* context) { (*static_cast<const Body*>(context))(first, last); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

void remember_kernel_error(const char* text) noexcept;

/// Runs the body of an exported function: its status, and its exceptions kept inside.
template <class Body>
int32_t guarded_kernel(const Body& body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception& error) {
    remember_kernel_error(error.what());
  } catch (...) {
    remember_kernel_error("an exception that is no std::exception");
  }
  return 1;
}

}  // namespace sharpless
