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

std::string reason_in(const std::string& text) {
  const std::string first = text.substr(0, text.find('\n'));
  if (first != "The following operation failed in the TorchScript interpreter.") return first;
  // Two stacks follow, both indented, and then the class of the error with what it says.
  for (auto line = text.rfind("Error: "); line != std::string::npos && line > 0;
       line = text.rfind("Error: ", line - 1)) {
    const auto begin = text.rfind('\n', line) + 1;
    if (text[begin] != ' ') return text.substr(begin, text.find('\n', begin) - begin);
  }
  return first;
}

}  // namespace sharpless

const char* sharpless_last_error(void) noexcept { return sharpless::last_error; }
