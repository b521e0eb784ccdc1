#pragma once

// exp for loops that are to be vectorized: no call, no branch, no table.

#include <cstdint>

namespace sharpless {

/// exp(x) to two units in the last place from -87.3 to 88; 0 below, infinity above 88.7; a NaN stays one.
__attribute__((always_inline)) inline float exponential(float x) {
  constexpr float log2_of_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  // In this number's range the last bit of a float is worth one, so adding it rounds to an integer, which its low bits
  // hold.
  constexpr float rounder = 12582912.0f;
  constexpr float lowest = -87.3f;
  const bool vanishes = x < lowest;
  x = vanishes ? lowest : x;
  x = x > 89.0f ? 89.0f : x;
  const float rounded = x * log2_of_e + rounder;
  const float power = rounded - rounder;
  const float rest = (x - power * ln2_high) - power * ln2_low;
  // The power series; |rest| is at most ln(2) / 2, so what is left out is below 6e-9.
  float sum = 1.0f / 5040;
  sum = sum * rest + 1.0f / 720;
  sum = sum * rest + 1.0f / 120;
  sum = sum * rest + 1.0f / 24;
  sum = sum * rest + 1.0f / 6;
  sum = sum * rest + 0.5f;
  sum = sum * rest + 1.0f;
  sum = sum * rest + 1.0f;
  uint32_t bits;
  __builtin_memcpy(&bits, &rounded, sizeof bits);
  const uint32_t scale_bits = (bits - 0x4B400000u + 127u) << 23;
  float scale;
  __builtin_memcpy(&scale, &scale_bits, sizeof scale);
  return vanishes ? 0.0f : sum * scale;
}

}  // namespace sharpless
