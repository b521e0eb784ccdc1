// Forward, and the gradient with respect to the input, which is a convolution of the gradient of the output.
//
// Direct convolution on NHWC images. In a zero-padded copy of an image, the kernelWidth * inChannels values that one
// kernel row sees at one output pixel are contiguous, so an output pixel is a sum of kernelHeight dot products of
// contiguous runs. vdpbf16ps multiplies pairs along the run: a pair of the image is broadcast, a vector holds the same
// pair of the weights for 16 output channels. The weights are packed once per call:
//
//   weight -> [co / (16 V)][kh][pair of (kw, ci)][16 V co]{2}
//
// The register tile is V vectors of output channels (2, or 1 where outChannels is not a multiple of 32) times groups of
// 4 neighbouring pixels of a row: 24 accumulators. A group may run over the end of a row; its surplus is not stored.

#include "convolution_vectors.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace sharpless::convolution {
namespace {

constexpr std::int64_t groupPixels = 4;

// A regular grid of output pixels that all see the same kernel. Strides and offsets count values, not bytes.
struct Grid {
  std::int64_t height, width;
  std::int64_t outOffset, outRowStride, outPixelStride;
  std::int64_t inOffset, inRowStride, inPixelStride;  // in the padded image; from one output row or pixel to the next
  std::int64_t kernelRows, kernelRowStride, pairs;    // pairs in a kernel row
  std::int64_t weightOffset;                          // in the packed weights of one block of output channels
};

// One convolution as the engine sees it: padded images, packed weights, and the grids that make up the output.
struct Work {
  std::int64_t batch;
  std::int64_t height, width, channels;               // of one image
  std::int64_t top, left, paddedHeight, paddedWidth;  // of its padded copy
  const bf16* images;
  std::int64_t outImageSize, outChannels;
  bf16* out;
  std::int64_t vectors;                               // V
  std::int64_t blockSize;                             // packed weights of one block of 16 V output channels
  const bf16* weights;
  std::vector<Grid> grids;
};

template <int V>
SHARPLESS_AVX512 inline void Store(const __m512* sum, bf16* out) {
  if constexpr (V == 2)
    _mm512_storeu_si512(out, (__m512i)_mm512_cvtne2ps_pbh(sum[1], sum[0]));
  else
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), (__m256i)_mm512_cvtneps_pbh(sum[0]));
}

// in[G]: first pixel of each group in the padded image; out[G] likewise in the output, with `count` pixels to store.
template <int G, int V>
SHARPLESS_AVX512 void Tile(const Grid& grid, const bf16* const* in, const bf16* weights, bf16* const* out,
                           const std::int64_t* count) {
  __m512 sum[G * groupPixels][V];
#pragma GCC unroll 24
  for (int p = 0; p < G * groupPixels; p++)
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) sum[p][v] = _mm512_setzero_ps();
  const std::int64_t step = grid.inPixelStride, pairs = grid.pairs;
  for (std::int64_t row = 0; row < grid.kernelRows; row++) {
    const bf16* x[G];
#pragma GCC unroll 6
    for (int g = 0; g < G; g++) x[g] = in[g] + row * grid.kernelRowStride;
    for (std::int64_t k = 0; k < pairs; k++) {
      __m512bh w[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) w[v] = (__m512bh)_mm512_loadu_si512(weights + v * lanes * 2);
      weights += V * lanes * 2;
#pragma GCC unroll 6
      for (int g = 0; g < G; g++) {
#pragma GCC unroll 4
        for (int p = 0; p < groupPixels; p++) {
          std::int32_t pair;
          std::memcpy(&pair, x[g] + p * step, sizeof pair);
          const __m512bh b = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 2
          for (int v = 0; v < V; v++)
            sum[g * groupPixels + p][v] = _mm512_dpbf16_ps(sum[g * groupPixels + p][v], b, w[v]);
        }
        x[g] += 2;
      }
    }
  }
#pragma GCC unroll 6
  for (int g = 0; g < G; g++)
#pragma GCC unroll 4
    for (int p = 0; p < groupPixels; p++)
      if (p < count[g]) Store<V>(sum[g * groupPixels + p], out[g] + p * grid.outPixelStride);
}

template <int V>
void Tiles(std::int64_t groups, const Grid& grid, const bf16* const* in, const bf16* weights, bf16* const* out,
           const std::int64_t* count) {
  switch (groups) {
    case 1: return Tile<1, V>(grid, in, weights, out, count);
    case 2: return Tile<2, V>(grid, in, weights, out, count);
    case 3: return Tile<3, V>(grid, in, weights, out, count);
    case 4: if constexpr (V == 1) return Tile<4, V>(grid, in, weights, out, count); else return;
    case 5: if constexpr (V == 1) return Tile<5, V>(grid, in, weights, out, count); else return;
    case 6: if constexpr (V == 1) return Tile<6, V>(grid, in, weights, out, count); else return;
  }
}

void CopyPadded(const Work& work, std::int64_t firstImage, std::int64_t images, bf16* to) {
  const std::int64_t row = work.paddedWidth * work.channels;
  const std::int64_t before = work.left * work.channels, used = work.width * work.channels;
  for (std::int64_t n = 0; n < images; n++)
    for (std::int64_t h = 0; h < work.paddedHeight; h++, to += row) {
      const std::int64_t y = h - work.top;
      if (y < 0 || y >= work.height) {
        std::memset(to, 0, row * sizeof(bf16));
        continue;
      }
      std::memset(to, 0, before * sizeof(bf16));
      std::memcpy(to + before, work.images + ((firstImage + n) * work.height + y) * used, used * sizeof(bf16));
      std::memset(to + before + used, 0, (row - before - used) * sizeof(bf16));
    }
}

void Convolve(const Work& work, const Grid& grid, std::int64_t block, const bf16* padded, std::int64_t firstImage,
              std::int64_t images) {
  const bf16* weights = work.weights + block * work.blockSize + grid.weightOffset;
  const std::int64_t most = work.vectors == 2 ? 3 : 6;
  const std::int64_t paddedSize = work.paddedHeight * work.paddedWidth * work.channels;
  const bf16* in[6];
  bf16* out[6];
  std::int64_t count[6], groups = 0;
  for (std::int64_t n = 0; n < images; n++)
    for (std::int64_t h = 0; h < grid.height; h++)
      for (std::int64_t w = 0; w < grid.width; w += groupPixels) {
        in[groups] = padded + n * paddedSize + grid.inOffset + h * grid.inRowStride + w * grid.inPixelStride;
        out[groups] = work.out + (firstImage + n) * work.outImageSize + grid.outOffset + h * grid.outRowStride +
                      w * grid.outPixelStride + block * work.vectors * lanes;
        count[groups] = std::min(groupPixels, grid.width - w);
        if (++groups < most) continue;
        if (work.vectors == 2) Tiles<2>(groups, grid, in, weights, out, count);
        else Tiles<1>(groups, grid, in, weights, out, count);
        groups = 0;
      }
  if (work.vectors == 2) Tiles<2>(groups, grid, in, weights, out, count);
  else Tiles<1>(groups, grid, in, weights, out, count);
}

void Run(const Work& work) {
  const std::int64_t paddedSize = work.paddedHeight * work.paddedWidth * work.channels;
  // With a block of weights, well within the second-level cache.
  const std::int64_t most = std::max<std::int64_t>(1, (128 << 10) / (paddedSize * 2));
  // The same number of images for every thread.
  const std::int64_t threads = at::get_num_threads();
  const std::int64_t chunks = std::min(work.batch, DivideUp(DivideUp(work.batch, most), threads) * threads);
  const std::int64_t blocks = work.outChannels / (work.vectors * lanes);
  // The surplus pixels of the last group and the last odd pair read a little beyond the images.
  std::int64_t slack = 2;
  for (const Grid& grid : work.grids) slack = std::max(slack, groupPixels * grid.inPixelStride + 2);
  at::parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i++) {
      const std::int64_t first = i * work.batch / chunks, images = (i + 1) * work.batch / chunks - first;
      bf16* padded = static_cast<bf16*>(ThreadScratch(ScratchUse::Task, (images * paddedSize + slack) * sizeof(bf16)));
      CopyPadded(work, first, images, padded);
      std::memset(padded + images * paddedSize, 0, slack * sizeof(bf16));
      for (std::int64_t block = 0; block < blocks; block++)
        for (const Grid& grid : work.grids) Convolve(work, grid, block, padded, first, images);
    }
  });
}

std::int64_t VectorsFor(std::int64_t channels) { return channels % (2 * lanes) == 0 ? 2 : 1; }

}  // namespace

void* ThreadScratch(ScratchUse use, std::int64_t bytes) {
  struct Buffer {
    void* data = nullptr;
    std::int64_t size = 0;
    ~Buffer() { std::free(data); }
  };
  static thread_local Buffer buffers[2];
  Buffer& buffer = buffers[static_cast<int>(use)];
  if (buffer.size < bytes) {
    std::free(buffer.data);
    buffer.size = (bytes + 4095) / 4096 * 4096;
    buffer.data = std::aligned_alloc(4096, buffer.size);
  }
  return buffer.data;
}

bool IsSupported() {
  static const bool supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                                __builtin_cpu_supports("avx512bf16");
  return supported;
}

namespace {

// Transposes 16 x 16 values of 32 bits: halves change places between rows i and i + distance.
SHARPLESS_AVX512 void Transpose(__m512i* rows) {
  for (int distance = 1; distance < 16; distance *= 2) {
    alignas(64) std::int32_t low[16], high[16];
    for (int i = 0; i < 16; i++) {
      low[i] = i & distance ? 16 + i - distance : i;  // 16 and above: from the second row
      high[i] = i & distance ? 16 + i : i + distance;
    }
    const __m512i lowOrder = _mm512_load_si512(low), highOrder = _mm512_load_si512(high);
    for (int i = 0; i < 16; i++) {
      if (i & distance) continue;
      const __m512i a = rows[i], b = rows[i + distance];
      rows[i] = _mm512_permutex2var_epi32(a, lowOrder, b);
      rows[i + distance] = _mm512_permutex2var_epi32(a, highOrder, b);
    }
  }
}

// weight [channels][kernelRows][rowSize] -> [kernelRows][pairs of a row][channels]{2}; an odd last value is paired with 0.
SHARPLESS_AVX512 void PackWeights(const bf16* weight, std::int64_t kernelRows, std::int64_t rowSize, std::int64_t channels,
                                  bf16* packed) {
  const std::int64_t pairs = DivideUp(rowSize, 2);
  for (std::int64_t kh = 0; kh < kernelRows; kh++)
    for (std::int64_t pair = 0; pair < pairs; pair += lanes)
      for (std::int64_t co = 0; co < channels; co += lanes) {
        const std::int64_t count = std::min(lanes, pairs - pair), values = std::min(2 * lanes, rowSize - 2 * pair);
        const __mmask32 mask = static_cast<__mmask32>((std::uint64_t{1} << values) - 1);
        __m512i rows[lanes];
        for (std::int64_t i = 0; i < lanes; i++)
          rows[i] = _mm512_maskz_loadu_epi16(mask, weight + ((co + i) * kernelRows + kh) * rowSize + 2 * pair);
        Transpose(rows);
        for (std::int64_t i = 0; i < count; i++)
          _mm512_storeu_si512(packed + ((kh * pairs + pair + i) * channels + co) * 2, rows[i]);
      }
}

}  // namespace

void Forward(const Shape& s, const bf16* input, const bf16* weight, bf16* output) {
  Work work;
  work.batch = s.batch;
  work.height = s.inHeight, work.width = s.inWidth, work.channels = s.inChannels;
  work.top = work.left = s.padding;
  work.paddedHeight = s.inHeight + 2 * s.padding, work.paddedWidth = s.inWidth + 2 * s.padding;
  work.images = input;
  work.outImageSize = s.outHeight * s.outWidth * s.outChannels, work.outChannels = s.outChannels;
  work.out = output;
  work.vectors = VectorsFor(s.outChannels);

  const std::int64_t rowSize = s.kernelWidth * s.inChannels, pairs = DivideUp(rowSize, 2);
  const std::int64_t width = work.vectors * lanes;
  work.blockSize = s.kernelHeight * pairs * width * 2;
  bf16* packed = static_cast<bf16*>(ThreadScratch(ScratchUse::Call, s.outChannels / width * work.blockSize * sizeof(bf16)));
  work.weights = packed;
  at::parallel_for(0, s.outChannels / width, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; block++)
      PackWeights(weight + block * width * s.kernelHeight * rowSize, s.kernelHeight, rowSize, width,
                  packed + block * work.blockSize);
  });

  Grid grid;
  grid.height = s.outHeight, grid.width = s.outWidth;
  grid.outOffset = 0, grid.outRowStride = s.outWidth * s.outChannels, grid.outPixelStride = s.outChannels;
  grid.inOffset = 0, grid.inRowStride = s.stride * work.paddedWidth * s.inChannels, grid.inPixelStride = s.stride * s.inChannels;
  grid.kernelRows = s.kernelHeight, grid.kernelRowStride = work.paddedWidth * s.inChannels, grid.pairs = pairs;
  grid.weightOffset = 0;
  work.grids.push_back(grid);
  Run(work);
}

namespace {

// The kernel positions k of one axis that reach input position `residue` (modulo the stride), in the order of the output
// positions that they read: output = (residue + padding - k) / stride + i for the i-th input position of that residue.
struct Phase {
  std::vector<std::int64_t> taps;
  std::int64_t firstOutput = 0;
  std::int64_t count = 0;  // input positions of that residue
};

Phase PhaseOf(std::int64_t residue, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  Phase phase;
  for (std::int64_t k = kernel - 1; k >= 0; k--)
    if ((residue + padding - k) % stride == 0) {
      if (phase.taps.empty()) phase.firstOutput = (residue + padding - k) / stride;
      phase.taps.push_back(k);
    }
  phase.count = residue < size ? DivideUp(size - residue, stride) : 0;
  return phase;
}

// One tap of weights of `channels` input channels from firstChannel on, as [pair of co][channels]{2}; moves `to` on.
SHARPLESS_AVX512 void PackTransposedWeights(const Shape& s, const bf16* weight, std::int64_t kh, std::int64_t kw,
                                            std::int64_t firstChannel, std::int64_t channels, bf16*& to) {
  const std::int64_t step = s.kernelHeight * s.kernelWidth * s.inChannels;
  const bf16* from = weight + (kh * s.kernelWidth + kw) * s.inChannels + firstChannel;
  for (std::int64_t co = 0; co < s.outChannels; co += 2, from += 2 * step)
    for (std::int64_t ci = 0; ci < channels; ci += lanes, to += 2 * lanes)
      _mm512_storeu_si512(to, Interleave(Load16(from + ci), Load16(from + step + ci)));
}

}  // namespace

void BackwardInput(const Shape& s, const bf16* gradOutput, const bf16* weight, bf16* gradInput) {
  Work work;
  work.batch = s.batch;
  work.height = s.outHeight, work.width = s.outWidth, work.channels = s.outChannels;
  work.images = gradOutput;
  work.outImageSize = s.inHeight * s.inWidth * s.inChannels, work.outChannels = s.inChannels;
  work.out = gradInput;
  work.vectors = VectorsFor(s.inChannels);
  const std::int64_t width = work.vectors * lanes;

  std::vector<Phase> rows, columns;
  std::int64_t bottom = 0, right = 0;
  work.top = work.left = 0;
  for (std::int64_t residue = 0; residue < s.stride; residue++) {
    rows.push_back(PhaseOf(residue, s.inHeight, s.kernelHeight, s.stride, s.padding));
    columns.push_back(PhaseOf(residue, s.inWidth, s.kernelWidth, s.stride, s.padding));
    const Phase &r = rows.back(), &c = columns.back();
    work.top = std::max(work.top, -r.firstOutput);
    work.left = std::max(work.left, -c.firstOutput);
    bottom = std::max(bottom, r.firstOutput + static_cast<std::int64_t>(r.taps.size()) - 1 + r.count - s.outHeight);
    right = std::max(right, c.firstOutput + static_cast<std::int64_t>(c.taps.size()) - 1 + c.count - s.outWidth);
  }
  work.paddedHeight = work.top + s.outHeight + bottom, work.paddedWidth = work.left + s.outWidth + right;

  work.blockSize = 0;
  for (std::int64_t a = 0; a < s.stride; a++)
    for (std::int64_t b = 0; b < s.stride; b++) {
      const Phase &r = rows[a], &c = columns[b];
      Grid grid;
      grid.height = r.count, grid.width = c.count;
      grid.outOffset = (a * s.inWidth + b) * s.inChannels;
      grid.outRowStride = s.stride * s.inWidth * s.inChannels, grid.outPixelStride = s.stride * s.inChannels;
      grid.inOffset = ((work.top + r.firstOutput) * work.paddedWidth + work.left + c.firstOutput) * s.outChannels;
      grid.inRowStride = grid.kernelRowStride = work.paddedWidth * s.outChannels, grid.inPixelStride = s.outChannels;
      grid.kernelRows = r.taps.size();
      grid.pairs = c.taps.size() * s.outChannels / 2;
      grid.weightOffset = work.blockSize;
      work.blockSize += grid.kernelRows * grid.pairs * width * 2;
      work.grids.push_back(grid);
    }

  bf16* packed = static_cast<bf16*>(ThreadScratch(ScratchUse::Call, s.inChannels / width * work.blockSize * sizeof(bf16)));
  work.weights = packed;
  at::parallel_for(0, s.inChannels / width, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; block++) {
      bf16* to = packed + block * work.blockSize;
      for (const Phase& r : rows)
        for (const Phase& c : columns)
          for (std::int64_t kh : r.taps)
            for (std::int64_t kw : c.taps) PackTransposedWeights(s, weight, kh, kw, block * width, width, to);
    }
  });
  Run(work);
}

}  // namespace sharpless::convolution
