#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <mutex>
#include <string>

#include "guard.h"

using sharpless::borrow;
using sharpless::guarded;
using sharpless::hand_out;

namespace {

at::Generator generator_of(sharpless_generator handle) {
  return handle == nullptr ? at::detail::getDefaultCPUGenerator() : *static_cast<at::Generator*>(handle);
}

// libtorch tells its version only inside the text of its build settings.
std::string version_found() {
  const std::string settings = at::show_config(), key = "TORCH_VERSION=";
  const auto start = settings.find(key);
  if (start == std::string::npos) return "unknown";
  return settings.substr(start + key.size(), settings.find_first_of(", \n", start) - start - key.size());
}

}  // namespace

int32_t sharpless_abi(void) noexcept { return SHARPLESS_ABI; }

const char* sharpless_libtorch_built_for(void) noexcept { return TORCH_VERSION; }

const char* sharpless_libtorch_found(void) noexcept {
  static const std::string found = version_found();
  return found.c_str();
}

const char* sharpless_configuration(void) noexcept {
  static const std::string configuration = at::show_config() + "\n" + at::get_parallel_info();
  return configuration.c_str();
}

int32_t sharpless_threads(void) noexcept { return at::get_num_threads(); }

sharpless_status sharpless_set_threads(int32_t threads) noexcept {
  return guarded([&] { at::set_num_threads(threads); });
}

int32_t sharpless_cuda_devices(void) noexcept {
  int32_t devices = 0;
  guarded([&] { devices = static_cast<int32_t>(torch::cuda::device_count()); });
  return devices;
}

sharpless_status sharpless_cuda_synchronize(int32_t device) noexcept {
  return guarded([&] { torch::cuda::synchronize(device); });
}

int32_t sharpless_cpu_has_bfloat16(void) noexcept {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return 0;
#endif
}

sharpless_status sharpless_seed(int64_t seed) noexcept {
  return guarded([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

sharpless_status sharpless_generator_new(int64_t seed, sharpless_generator* generator) noexcept {
  return guarded([&] { *generator = new at::Generator(at::detail::createCPUGenerator(static_cast<uint64_t>(seed))); });
}

void sharpless_generator_free(sharpless_generator generator) noexcept { delete static_cast<at::Generator*>(generator); }

sharpless_status sharpless_generator_state(sharpless_generator generator, sharpless_tensor* state) noexcept {
  return guarded([&] {
    at::Generator from = generator_of(generator);
    std::lock_guard<std::mutex> lock(from.mutex());
    *state = hand_out(from.get_state());
  });
}

sharpless_status sharpless_generator_set_state(sharpless_generator generator, sharpless_tensor state) noexcept {
  return guarded([&] {
    at::Generator to = generator_of(generator);
    std::lock_guard<std::mutex> lock(to.mutex());
    to.set_state(borrow(state));
  });
}
