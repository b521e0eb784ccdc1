// What the convolution kernels share: vectors of 16 pairs of bfloat16, and memory that lives on between calls.
#pragma once

#include <immintrin.h>

#include <vector>

#include "kernels/convolution.h"

// The library must load on any x86-64 CPU, so only the kernels are compiled for AVX-512. GCC's lambdas do not inherit
// the attribute: no intrinsics inside lambdas.
#define SHARPLESS_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

// GCC 12 takes the undefined vectors inside its own intrinsics for a mistake of ours.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace sharpless::convolution {

constexpr std::int64_t lanes = 16;  // float32 in a vector, and pairs of bfloat16

inline std::int64_t DivideUp(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

SHARPLESS_AVX512 inline __m256i Load16(const bf16* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// {a0 b0 a1 b1 ... a15 b15}
SHARPLESS_AVX512 inline __m512i Interleave(__m256i a, __m256i b) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1));
}

// Fetches what the next chunk will read while this one is computed: a few cache lines per register tile.
class Prefetcher {
 public:
  void Add(const bf16* data, std::int64_t size) {
    ranges_.push_back({reinterpret_cast<const char*>(data), reinterpret_cast<const char*>(data + size)});
    lines_ += size / 32 + 1;
  }
  // With many lines per tile the tiles would wait for them: better none.
  void SpreadOver(std::int64_t tiles) {
    linesPerTile_ = DivideUp(lines_, tiles > 0 ? tiles : 1);
    if (linesPerTile_ > 16) linesPerTile_ = 0;
  }
  void Tile() {
    for (std::int64_t i = 0; i < linesPerTile_ && range_ < ranges_.size(); i++) {
      _mm_prefetch(ranges_[range_].next, _MM_HINT_T1);
      ranges_[range_].next += 64;
      if (ranges_[range_].next >= ranges_[range_].end) range_++;
    }
  }

 private:
  struct Range {
    const char* next;
    const char* end;
  };
  std::vector<Range> ranges_;
  std::size_t range_ = 0;
  std::int64_t lines_ = 0, linesPerTile_ = 0;
};

// Memory of one purpose for the thread that asks, kept between calls so that hot loops meet no page faults.
enum class ScratchUse { Task, Call };  // what one task needs alone; what a call shares with its tasks
void* ThreadScratch(ScratchUse use, std::int64_t bytes);

}  // namespace sharpless::convolution
