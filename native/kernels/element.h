#pragma once

// float32 and bfloat16 elements as the loops see them: read and written as float, without the branches and calls that
// would keep a compiler from vectorizing.

#include <cstdint>

#include "kernels.h"

namespace sharpless {

/// The bits of a bfloat16: the upper half of a float32.
struct BFloat16 {
  uint16_t x;
};

__attribute__((always_inline)) inline float to_float(float value) { return value; }

__attribute__((always_inline)) inline float to_float(BFloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.x) << 16;
  float result;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

__attribute__((always_inline)) inline void store(float& target, float value) { target = value; }

/// Rounds to nearest, ties to even; a NaN stays one (as libtorch's own 0x7FC0).
__attribute__((always_inline)) inline void store(BFloat16& target, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  // All ones for a NaN. By bits, since a branch would keep the loop from being vectorized.
  const uint32_t nan = 0u - static_cast<uint32_t>((bits & 0x7FFFFFFFu) > 0x7F800000u);
  target.x = static_cast<uint16_t>((rounded & ~nan) | (0x7FC0u & nan));
}

/// Stores, and returns what a later to_float reads.
__attribute__((always_inline)) inline float store_rounded(float& target, float value) { return target = value; }

__attribute__((always_inline)) inline float store_rounded(BFloat16& target, float value) {
  BFloat16 rounded;
  store(rounded, value);
  target.x = rounded.x;
  return to_float(rounded);
}

/// chosen ? yes : no, for a byte that is 1 or 0; by bits for the same reason.
__attribute__((always_inline)) inline float select(uint8_t chosen, float yes, float no) {
  const uint32_t mask = 0u - static_cast<uint32_t>(chosen);
  uint32_t yes_bits, no_bits;
  __builtin_memcpy(&yes_bits, &yes, sizeof yes);
  __builtin_memcpy(&no_bits, &no, sizeof no);
  const uint32_t bits = (yes_bits & mask) | (no_bits & ~mask);
  float result;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

template <class Element>
const Element* typed(const void* pointer) {
  return static_cast<const Element*>(pointer);
}

template <class Element>
Element* typed(void* pointer) {
  return static_cast<Element*>(pointer);
}

/// Calls body with a value of the type that a number of kernels.h names.
template <class Body>
void with_element(int32_t element, const Body& body) {
  element == SHARPLESS_FLOAT32 ? body(float()) : body(BFloat16());
}

/// Calls body with pointers typed as the element says; null stays null.
template <class Body, class... Pointers>
void with_elements(int32_t element, const Body& body, Pointers*... pointers) {
  with_element(element, [&](auto value) {
    using Element = decltype(value);
    body(typed<Element>(pointers)...);
  });
}

}  // namespace sharpless
