// Forward, and the gradient with respect to the input, which is a convolution of the gradient of the output.
//
// Direct convolution on NHWC images. The kernelWidth * inChannels values that one kernel row sees at one output pixel
// are contiguous, so an output pixel is a sum of kernelHeight dot products of contiguous runs. vdpbf16ps multiplies
// pairs along the run: a pair of the image is broadcast, a vector holds the same pair of the weights for 16 output
// channels. The weights are packed once per call:
//
//   weight -> [co / (16 V)][kh][pair of (kw, ci)][16 V co]{2}
//
// The register tile is V vectors of output channels (2, or 1 where outChannels is not a multiple of 32) times groups of
// 4 pixels at equal distances: 24 accumulators. All pixels of a tile see the same part of the kernel, so kernel rows in
// the padding above and below are skipped. The 4 pixels are
//   - neighbours of one row, in a copy of the images that is padded with zeros left and right; or
//   - in small images, the same position of 4 images: then kernel columns in the padding are skipped as well.
// Both add the same products in the same order.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/convolution_vectors.h"
#include "kernels/parallel.h"

namespace sharpless::convolution {
namespace {

constexpr std::int64_t groupPixels = 4;
constexpr std::int64_t chunkBytes = 128 << 10;  // aim for the images copied together: with a block of weights, well
                                                // within the second-level cache
constexpr std::int64_t smallImagesBytes = 448 << 10;  // limit for 12 images whose positions are taken together

// A grid of output positions along one axis: position i sees kernel positions k = 0, 1, ..., kernel - 1 of the packed
// weights at input position first + i * step + k.
struct Axis {
  std::int64_t count, kernel, first, step;
};

// A regular grid of output pixels that share packed weights. Offsets and strides count values, not bytes.
struct Grid {
  Axis rows, columns;
  std::int64_t outOffset, outRowStride, outPixelStride;
  std::int64_t weightOffset;  // in the packed weights of one block of output channels
};

// One convolution as the engine sees it: images, packed weights, and the grids that make up the output.
struct Work {
  std::int64_t batch, height, width, channels;
  const bf16* images;
  std::int64_t outImageSize, outChannels;
  bf16* out;
  std::int64_t vectors;    // V
  std::int64_t blockSize;  // packed weights of one block of 16 V output channels
  const bf16* weights;
  std::vector<Grid> grids;
};

// The images of a task, copied.
struct Chunk {
  const bf16* data;
  std::int64_t firstImage, images;
  std::int64_t left, rowSize, imageSize;  // zero columns left of each row; values per row and image
  Prefetcher* prefetcher;
};

struct Range {
  std::int64_t begin, end;
};

// The kernel positions that lie inside the input at output position i.
Range Inside(const Axis& axis, std::int64_t i, std::int64_t size) {
  const std::int64_t first = axis.first + i * axis.step;
  const std::int64_t begin = std::max<std::int64_t>(0, -first);
  return {begin, std::max(begin, std::min(axis.kernel, size - first))};
}

// The part of the kernel that a tile sees, and the distance of its pixels.
struct Window {
  std::int64_t kernelRows, kernelRowStride, pairs, weightRowStride;
  std::int64_t inPixelStride, outPixelStride;
};

template <int V>
SHARPLESS_AVX512 inline void Store(const __m512* sum, bf16* out) {
  if constexpr (V == 2)
    _mm512_storeu_si512(out, (__m512i)_mm512_cvtne2ps_pbh(sum[1], sum[0]));
  else
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), (__m256i)_mm512_cvtneps_pbh(sum[0]));
}

// in[G], out[G]: first pixel of each group of 4, of which count[G] are stored.
template <int G, int V>
SHARPLESS_AVX512 void Tile(const Window& window, const bf16* const* in, const bf16* weights, bf16* const* out,
                           const std::int64_t* count) {
  __m512 sum[G * groupPixels][V];
#pragma GCC unroll 24
  for (int p = 0; p < G * groupPixels; p++)
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) sum[p][v] = _mm512_setzero_ps();
  const std::int64_t step = window.inPixelStride, pairs = window.pairs;
  for (std::int64_t row = 0; row < window.kernelRows; row++) {
    const bf16* x[G];
#pragma GCC unroll 6
    for (int g = 0; g < G; g++) x[g] = in[g] + row * window.kernelRowStride;
    const bf16* from = weights + row * window.weightRowStride;
    for (std::int64_t k = 0; k < pairs; k++, from += V * lanes * 2) {
      __m512bh w[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) w[v] = (__m512bh)_mm512_loadu_si512(from + v * lanes * 2);
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
      if (p < count[g]) Store<V>(sum[g * groupPixels + p], out[g] + p * window.outPixelStride);
}

template <int V>
void Tiles(std::int64_t groups, const Window& window, const bf16* const* in, const bf16* weights, bf16* const* out,
           const std::int64_t* count) {
  switch (groups) {
    case 1:
      return Tile<1, V>(window, in, weights, out, count);
    case 2:
      return Tile<2, V>(window, in, weights, out, count);
    case 3:
      return Tile<3, V>(window, in, weights, out, count);
  }
  if constexpr (V == 1) switch (groups) {
      case 4:
        return Tile<4, V>(window, in, weights, out, count);
      case 5:
        return Tile<5, V>(window, in, weights, out, count);
      case 6:
        return Tile<6, V>(window, in, weights, out, count);
    }
}

struct Steps {
  std::int64_t count, inStride, outStride;
};

// All pixels of images x rows x pixels; along the last axis they go in groups of 4.
void Sweep(const Work& work, const Chunk& chunk, Window window, const Steps& images, const Steps& rows,
           const Steps& pixels, const bf16* in, const bf16* weights, bf16* out) {
  window.inPixelStride = pixels.inStride, window.outPixelStride = pixels.outStride;
  const std::int64_t most = work.vectors == 2 ? 3 : 6;
  std::int64_t rest = images.count * rows.count * DivideUp(pixels.count, groupPixels), n = 0, h = 0, w = 0;
  while (rest > 0) {
    // Two tiles of 2 groups are faster than one of 3 and one of 1.
    const std::int64_t groups = DivideUp(rest, DivideUp(rest, most));
    rest -= groups;
    const bf16* tileIn[6];
    bf16* tileOut[6];
    std::int64_t count[6];
    for (std::int64_t g = 0; g < groups; g++) {
      tileIn[g] = in + n * images.inStride + h * rows.inStride + w * pixels.inStride;
      tileOut[g] = out + n * images.outStride + h * rows.outStride + w * pixels.outStride;
      count[g] = std::min(groupPixels, pixels.count - w);
      if ((w += groupPixels) < pixels.count) continue;
      w = 0;
      if (++h < rows.count) continue;
      h = 0, n++;
    }
    chunk.prefetcher->Tile();
    if (work.vectors == 2)
      Tiles<2>(groups, window, tileIn, weights, tileOut, count);
    else
      Tiles<1>(groups, window, tileIn, weights, tileOut, count);
  }
}

// One block of output channels of one grid; a group is 4 neighbours of a row.
void ConvolveRows(const Work& work, const Grid& grid, const Chunk& chunk, const bf16* weights, bf16* out) {
  Window window;
  window.kernelRowStride = chunk.rowSize;
  window.pairs = DivideUp(grid.columns.kernel * work.channels, 2);
  window.weightRowStride = window.pairs * work.vectors * lanes * 2;
  for (std::int64_t h = 0, next; h < grid.rows.count; h = next) {
    const Range kernel = Inside(grid.rows, h, work.height);
    for (next = h + 1; next < grid.rows.count; next++) {
      const Range other = Inside(grid.rows, next, work.height);
      if (other.begin != kernel.begin || other.end != kernel.end) break;
    }
    window.kernelRows = kernel.end - kernel.begin;
    const std::int64_t y = grid.rows.first + h * grid.rows.step + kernel.begin;
    Sweep(work, chunk, window, {chunk.images, chunk.imageSize, work.outImageSize},
          {next - h, grid.rows.step * chunk.rowSize, grid.outRowStride},
          {grid.columns.count, grid.columns.step * work.channels, grid.outPixelStride},
          chunk.data + y * chunk.rowSize + (chunk.left + grid.columns.first) * work.channels,
          weights + kernel.begin * window.weightRowStride, out + h * grid.outRowStride);
  }
}

// The same, but a group is one position of 4 images.
void ConvolvePositions(const Work& work, const Grid& grid, const Chunk& chunk, const bf16* weights, bf16* out) {
  Window window;
  window.kernelRowStride = chunk.rowSize;
  const std::int64_t columnWeights = work.channels * work.vectors * lanes;
  window.weightRowStride = grid.columns.kernel * columnWeights;
  for (std::int64_t h = 0; h < grid.rows.count; h++)
    for (std::int64_t w = 0; w < grid.columns.count; w++) {
      const Range rows = Inside(grid.rows, h, work.height), columns = Inside(grid.columns, w, work.width);
      window.kernelRows = rows.end - rows.begin;
      window.pairs = (columns.end - columns.begin) * work.channels / 2;
      const std::int64_t y = grid.rows.first + h * grid.rows.step + rows.begin;
      const std::int64_t x = grid.columns.first + w * grid.columns.step + columns.begin;
      Sweep(work, chunk, window, {1, 0, 0}, {1, 0, 0}, {chunk.images, chunk.imageSize, work.outImageSize},
            chunk.data + y * chunk.rowSize + x * work.channels,
            weights + rows.begin * window.weightRowStride + columns.begin * columnWeights,
            out + h * grid.outRowStride + w * grid.outPixelStride);
    }
}

void CopyPadded(const Work& work, const Chunk& chunk, bf16* to) {
  const std::int64_t before = chunk.left * work.channels, used = work.width * work.channels;
  for (std::int64_t n = 0; n < chunk.images; n++)
    for (std::int64_t h = 0; h < work.height; h++) {
      bf16* row = to + n * chunk.imageSize + h * chunk.rowSize;
      std::memset(row, 0, before * sizeof(bf16));
      std::memcpy(row + before, work.images + ((chunk.firstImage + n) * work.height + h) * used, used * sizeof(bf16));
      std::memset(row + before + used, 0, (chunk.rowSize - before - used) * sizeof(bf16));
    }
}

void Run(const Work& work) {
  const std::int64_t threads = thread_count();
  const std::int64_t sourceSize = work.height * work.width * work.channels;
  std::int64_t imageSize = sourceSize, rowSize = work.width * work.channels, left = 0, right = 0, outPixels = 0,
               slack = 2;
  bool wholeGroups = true;
  for (const Grid& grid : work.grids) {
    left = std::max(left, -grid.columns.first);
    right = std::max(
        right, grid.columns.first + (grid.columns.count - 1) * grid.columns.step + grid.columns.kernel - work.width);
    outPixels += grid.rows.count * grid.columns.count;
    // Surplus pixels of the last group, and the partner of an odd last value, lie beyond the images.
    slack = std::max(slack, groupPixels * grid.columns.step * work.channels + 2);
    wholeGroups = wholeGroups && grid.columns.count % groupPixels == 0;
  }
  const bool inPlace = left == 0 && right == 0 && wholeGroups && work.channels % 2 == 0;
  const bool byPosition = !inPlace && work.channels % 2 == 0 && work.width <= 16 &&
                          DivideUp(work.batch, threads) >= 12 &&
                          12 * imageSize * std::int64_t{sizeof(bf16)} <= smallImagesBytes;
  if (byPosition) {
    imageSize += 32 + imageSize / 32 % 2 * 32;  // an odd number of cache lines: the images must not share cache sets
    slack = groupPixels * imageSize;
    left = 0;
  } else {
    rowSize += (left + right) * work.channels;
    imageSize = work.height * rowSize;
  }
  std::int64_t most = std::max<std::int64_t>(1, chunkBytes / (imageSize * std::int64_t{sizeof(bf16)}));
  if (byPosition) most = DivideUp(most, 12) * 12;
  // The same number of images for every thread.
  const std::int64_t chunks = std::min(work.batch, DivideUp(DivideUp(work.batch, most), threads) * threads);
  const std::int64_t blocks = work.outChannels / (work.vectors * lanes);

  parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i++) {
      const std::int64_t first = i * work.batch / chunks, next = (i + 1) * work.batch / chunks;
      Prefetcher prefetcher;
      if (i + 1 < end) {
        prefetcher.Add(work.images + next * sourceSize, ((i + 2) * work.batch / chunks - next) * sourceSize);
        prefetcher.SpreadOver((next - first) * outPixels * blocks * work.vectors / 24);
      }
      Chunk chunk{work.images + first * sourceSize, first, next - first, left, rowSize, imageSize, &prefetcher};
      if (!inPlace) {
        bf16* copy =
            static_cast<bf16*>(ThreadScratch(ScratchUse::Task, (chunk.images * imageSize + slack) * sizeof(bf16)));
        CopyPadded(work, chunk, copy);
        // Zero, because 0 * NaN is not 0: the partner of an odd last value has weight 0.
        if (!byPosition) std::memset(copy + chunk.images * imageSize, 0, slack * sizeof(bf16));
        chunk.data = copy;
      }
      for (std::int64_t block = 0; block < blocks; block++)
        for (const Grid& grid : work.grids) {
          const bf16* weights = work.weights + block * work.blockSize + grid.weightOffset;
          bf16* out = work.out + first * work.outImageSize + grid.outOffset + block * work.vectors * lanes;
          if (byPosition)
            ConvolvePositions(work, grid, chunk, weights, out);
          else
            ConvolveRows(work, grid, chunk, weights, out);
        }
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

// weight [channels][kernelRows][rowSize] -> [kernelRows][pairs of a row][channels]{2}; an odd last value is paired with
// 0.
SHARPLESS_AVX512 void PackWeights(const bf16* weight, std::int64_t kernelRows, std::int64_t rowSize,
                                  std::int64_t channels, bf16* packed) {
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
  work.images = input;
  work.outImageSize = s.outHeight * s.outWidth * s.outChannels, work.outChannels = s.outChannels;
  work.out = output;
  work.vectors = VectorsFor(s.outChannels);

  const std::int64_t rowSize = s.kernelWidth * s.inChannels, pairs = DivideUp(rowSize, 2);
  const std::int64_t width = work.vectors * lanes;
  work.blockSize = s.kernelHeight * pairs * width * 2;
  bf16* packed =
      static_cast<bf16*>(ThreadScratch(ScratchUse::Call, s.outChannels / width * work.blockSize * sizeof(bf16)));
  work.weights = packed;
  parallel_for(0, s.outChannels / width, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; block++)
      PackWeights(weight + block * width * s.kernelHeight * rowSize, s.kernelHeight, rowSize, width,
                  packed + block * work.blockSize);
  });

  Grid grid;
  grid.rows = {s.outHeight, s.kernelHeight, -s.padding, s.stride};
  grid.columns = {s.outWidth, s.kernelWidth, -s.padding, s.stride};
  grid.outOffset = 0, grid.outRowStride = s.outWidth * s.outChannels, grid.outPixelStride = s.outChannels;
  grid.weightOffset = 0;
  work.grids.push_back(grid);
  Run(work);
}

namespace {

// The input positions of one axis whose index is `residue` modulo the stride, and the kernel positions that reach them,
// in the order of the output positions that they read: (residue + padding - k) / stride + i for the i-th input
// position.
struct Phase {
  Axis axis;
  std::vector<std::int64_t> taps;
};

Phase PhaseOf(std::int64_t residue, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  Phase phase{};
  phase.axis.count = residue < size ? DivideUp(size - residue, stride) : 0;
  phase.axis.step = 1;
  for (std::int64_t k = kernel - 1; k >= 0; k--)
    if ((residue + padding - k) % stride == 0) {
      if (phase.taps.empty()) phase.axis.first = (residue + padding - k) / stride;
      phase.taps.push_back(k);
    }
  phase.axis.kernel = phase.taps.size();
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
  for (std::int64_t residue = 0; residue < s.stride; residue++) {
    rows.push_back(PhaseOf(residue, s.inHeight, s.kernelHeight, s.stride, s.padding));
    columns.push_back(PhaseOf(residue, s.inWidth, s.kernelWidth, s.stride, s.padding));
  }

  work.blockSize = 0;
  for (std::int64_t a = 0; a < s.stride; a++)
    for (std::int64_t b = 0; b < s.stride; b++) {
      Grid grid;
      grid.rows = rows[a].axis, grid.columns = columns[b].axis;
      grid.outOffset = (a * s.inWidth + b) * s.inChannels;
      grid.outRowStride = s.stride * s.inWidth * s.inChannels, grid.outPixelStride = s.stride * s.inChannels;
      grid.weightOffset = work.blockSize;
      work.blockSize += grid.rows.kernel * grid.columns.kernel * s.outChannels * width;
      work.grids.push_back(grid);
    }

  bf16* packed =
      static_cast<bf16*>(ThreadScratch(ScratchUse::Call, s.inChannels / width * work.blockSize * sizeof(bf16)));
  work.weights = packed;
  parallel_for(0, s.inChannels / width, 1, [&](std::int64_t begin, std::int64_t end) {
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
