#pragma once

// Runs one plain loop compiled for several x86 levels and picks the best that this machine has, so that one binary is
// fast on new processors and still loads on old ones.

#include <cstdint>

namespace sharpless {

/// Marks the lambda handed to at_best_level. It must be inlined: only then is it compiled for the level that calls it.
#define SHARPLESS_LOOP __attribute__((always_inline))

/// Marks a function that such a lambda calls, for the same reason.
#define SHARPLESS_INLINE SHARPLESS_LOOP inline

/// Before a loop whose turns do not meet in memory, though the compiler cannot see it.
#if defined(__clang__)
#define SHARPLESS_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define SHARPLESS_INDEPENDENT _Pragma("GCC ivdep")
#endif

#if defined(__x86_64__)

#define SHARPLESS_AVX512_LEVEL "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"

// GCC takes half the width unless asked; clang takes all of it, and does not know the word.
#if defined(__clang__)
#define SHARPLESS_TARGET_AVX512 __attribute__((target(SHARPLESS_AVX512_LEVEL), noinline))
#else
#define SHARPLESS_TARGET_AVX512 __attribute__((target(SHARPLESS_AVX512_LEVEL ",prefer-vector-width=512"), noinline))
#endif

template <class Loop>
SHARPLESS_TARGET_AVX512 void at_avx512(const Loop& loop) {
  loop();
}

template <class Loop>
__attribute__((target("avx2,fma"), noinline)) void at_avx2(const Loop& loop) {
  loop();
}

enum class Level { Baseline, Avx2, Avx512 };

inline Level best_level() {
  static const Level level = [] {
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return avx2 && avx512 ? Level::Avx512 : avx2 ? Level::Avx2 : Level::Baseline;
  }();
  return level;
}

template <class Loop>
inline void at_best_level(const Loop& loop) {
  switch (best_level()) {
    case Level::Avx512:
      return at_avx512(loop);
    case Level::Avx2:
      return at_avx2(loop);
    case Level::Baseline:
      return loop();
  }
}

#else

template <class Loop>
inline void at_best_level(const Loop& loop) {
  loop();
}

#endif

}  // namespace sharpless
