#include <algorithm>
#include <cstring>

#include "guard.h"

namespace sharpless {
namespace {
// A fixed buffer: telling of an error must not need memory, which may be what ran out.
thread_local char last_error[8192] = "";
}  // namespace

void remember_error(const std::string& text) noexcept {
  const auto length = std::min(text.size(), sizeof last_error - 1);
  std::memcpy(last_error, text.data(), length);
  last_error[length] = '\0';
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace sharpless

const char* sharpless_last_error(void) noexcept { return sharpless::last_error; }
