// What every exported function shares: handles, and one guard that keeps exceptions inside.
#pragma once
#include <ATen/core/Tensor.h>

#include <exception>
#include <string>

#include "sharpless.h"

namespace sharpless {

void remember_error(const std::string& text) noexcept;

// The line of what libtorch says that tells what is wrong: the first, but where TorchScript failed the last. The rest
// is its own stack.
std::string reason_in(const std::string& text);

template <typename Body>
sharpless_status guarded(Body&& body) noexcept {
  try {
    body();
    return 0;
  } catch (const c10::Error& error) {
    remember_error(reason_in(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    remember_error(reason_in(error.what()));
  } catch (...) {
    remember_error("an exception that is no std::exception");
  }
  return 1;
}

// A handle is a TensorImpl with one reference of its own.
at::Tensor borrow(sharpless_tensor handle);
sharpless_tensor hand_out(at::Tensor tensor);

}  // namespace sharpless
