// gradWeight[co][kh][kw][ci] = sum over positions (n, h, w) of gradOutput[n][h][w][co] * input[n][h*s+kh-p][w*s+kw-p][ci]
//
// That is one matrix product per tap (kh, kw) whose inner dimension runs over positions. The instruction vdpbf16ps adds
// products of *pairs* along the inner dimension, so both sides are first packed in pairs of horizontally neighbouring
// output positions (w, w+1):
//
//   gradOutput -> [co / 8][k][8 co]{w, w+1}            k counts the pairs of a chunk in the order (h, n, w/2)
//   input      -> [ci / 16][kw][row phase][k][16 ci]{w, w+1}
//
// One packed copy of the input per kw. With rows outermost, all rows that tap kh needs lie contiguously: tap kh reads
// the same panel, kh / s rows further down (in the panel of the rows = kh modulo s). So every tap is one plain product
// over a contiguous k, whatever the size of the image. Padding becomes zeros while packing.
//
// The register tile is 8 output channels (broadcast) times V vectors of 16 lanes, where the V vectors are neighbours in
// the list (ci / 16, kh, kw): 24 accumulators for 3x3 kernels.
//
// Where inChannels is tiny (an image's 1 or 3), the kernelWidth * inChannels values of one kernel row are contiguous in
// the input and become one block of at most 16 lanes; kernelWidth then counts as 1.

#include "convolution_vectors.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace sharpless::convolution {
namespace {

constexpr std::int64_t tileRows = 8;    // output channels in a register tile
constexpr std::int64_t tasks = 8;
constexpr std::int64_t pairsInL1 = 128; // length of k after which the accumulators go back to memory

// How one call is cut into pieces. Depends on the shape only, never on the number of threads.
struct Plan {
  Shape shape;
  bool rowBlocks;            // the lanes of a block are one kernel row (kw, ci) instead of 16 input channels
  std::int64_t blocks;       // ci / 16
  std::int64_t taps;         // packed copies of the input per block: kernelWidth, or 1 with rowBlocks
  std::int64_t vectors;      // V: 3, 2 or 1
  std::int64_t blockParts;   // tasks along ci / 16
  std::int64_t batchParts;   // tasks along the batch; each has its own float32 sums
  std::int64_t images;       // images packed together
  std::int64_t rows;         // output rows packed together
  std::int64_t pairs;        // pairs in one output row of one image

  explicit Plan(const Shape& s) : shape(s) {
    rowBlocks = s.inChannels % lanes != 0;
    blocks = rowBlocks ? 1 : s.inChannels / lanes;
    taps = rowBlocks ? 1 : s.kernelWidth;
    const std::int64_t entries = blocks * s.kernelHeight * taps;
    vectors = entries % 3 == 0 ? 3 : entries % 2 == 0 ? 2 : 1;

    // Eight tasks. Each block part packs gradOutput again, each batch part has sums of its own to clear and add up.
    const std::int64_t sums = entries * lanes * s.outChannels, packing = s.batch * s.outHeight * s.outWidth * s.outChannels;
    blockParts = 1;
    const auto cost = [&](std::int64_t parts) { return parts * packing + tasks / parts * 2 * sums; };
    for (std::int64_t parts = 2; parts <= tasks; parts *= 2)
      if (blocks % parts == 0 && entries / parts % vectors == 0 && cost(parts) < cost(blockParts)) blockParts = parts;
    batchParts = std::min(s.batch, tasks / blockParts);

    pairs = DivideUp(s.outWidth, 2);
    rows = std::min(s.outHeight, std::max<std::int64_t>(1, 256 / pairs));
    images = std::max<std::int64_t>(1, 256 / (rows * pairs));
    images = std::min(images, DivideUp(s.batch, batchParts));
  }

  std::int64_t RowLength() const { return images * pairs; }
  std::int64_t PanelRows(std::int64_t phase) const {
    return phase < shape.kernelHeight ? rows + (shape.kernelHeight - 1 - phase) / shape.stride : 0;
  }
  std::int64_t PanelLength() const {  // in k, all phases
    std::int64_t sum = 0;
    for (std::int64_t phase = 0; phase < shape.stride; phase++) sum += PanelRows(phase);
    return sum * RowLength() + 1;  // odd, so that panels do not start at the same cache set
  }
  std::int64_t PartEntries() const { return blocks / blockParts * shape.kernelHeight * taps; }
  std::int64_t PartSums() const { return PartEntries() * lanes * shape.outChannels; }
};

// Packs pixels (0, step), (2 step, 3 step), ... of 16 channels; the missing one of an odd last pair is zero.
SHARPLESS_AVX512 inline void PackPairs(const bf16* pixel, std::int64_t step, std::int64_t pixels, bf16* to) {
  for (; pixels > 1; pixels -= 2, pixel += 2 * step, to += 2 * lanes)
    _mm512_storeu_si512(to, Interleave(Load16(pixel), Load16(pixel + step)));
  if (pixels == 1) _mm512_storeu_si512(to, Interleave(Load16(pixel), _mm256_setzero_si256()));
}

void PrefetchRow(const bf16* row, std::int64_t size) {
  for (std::int64_t i = 0; i < size; i += 32) _mm_prefetch(reinterpret_cast<const char*>(row + i), _MM_HINT_T0);
}

SHARPLESS_AVX512 void PackGradOutput(const Plan& plan, const bf16* gradOutput, std::int64_t firstImage, std::int64_t images,
                                     std::int64_t firstRow, std::int64_t rows, std::int64_t panel, bf16* packed) {
  const Shape& s = plan.shape;
  for (std::int64_t h = 0; h < rows; h++)
    for (std::int64_t n = 0; n < images; n++) {
      const bf16* row = gradOutput + ((firstImage + n) * s.outHeight + firstRow + h) * s.outWidth * s.outChannels;
      PrefetchRow(row + s.outWidth * s.outChannels, s.outWidth * s.outChannels);
      bf16* to = packed + (h * images + n) * plan.pairs * lanes * 2;
      for (std::int64_t c = 0; c < s.outChannels; c += lanes)
        PackPairs(row + c, s.outChannels, s.outWidth, to + c / lanes * panel);
    }
}

// Packs 16 channels of one row for one kw: columns x0, x0 + stride, ... in pairs; `row` is null where it is padding.
SHARPLESS_AVX512 inline void PackInputRow(const Plan& plan, const bf16* row, std::int64_t kw, bf16* to) {
  const Shape& s = plan.shape;
  const std::int64_t x0 = kw - s.padding, step = s.stride * s.inChannels;
  // Output columns [from, end) see a column inside the image; they are a pair's right half if `from` is odd.
  const std::int64_t from = x0 < 0 ? DivideUp(-x0, s.stride) : 0;
  const std::int64_t end = row && s.inWidth > x0 ? std::min(s.outWidth, DivideUp(s.inWidth - x0, s.stride)) : 0;
  std::int64_t w = 0;
  if (from < end) {
    for (; w + 1 < from; w += 2) _mm512_storeu_si512(to + w * lanes, _mm512_setzero_si512());
    if (w < from) {
      const __m256i right = Load16(row + (x0 + from * s.stride) * s.inChannels);
      _mm512_storeu_si512(to + w * lanes, Interleave(_mm256_setzero_si256(), right));
      w += 2;
    }
    if (w < end) PackPairs(row + (x0 + w * s.stride) * s.inChannels, step, end - w, to + w * lanes);
    w = std::max(w, end + end % 2);
  }
  for (; w < s.outWidth; w += 2) _mm512_storeu_si512(to + w * lanes, _mm512_setzero_si512());
}

// The kernelWidth * inChannels values that kernel row sees at output column w, zero where they lie in the padding.
SHARPLESS_AVX512 inline __m256i LoadKernelRow(const Shape& s, const bf16* row, std::int64_t w) {
  const std::int64_t first = (w * s.stride - s.padding) * s.inChannels;
  const std::int64_t from = std::max<std::int64_t>(0, -first);
  const std::int64_t end = std::min(s.kernelWidth * s.inChannels, s.inWidth * s.inChannels - first);
  if (!row || from >= end) return _mm256_setzero_si256();
  const __mmask16 mask = static_cast<__mmask16>((1u << end) - (1u << from));
  return _mm256_maskz_loadu_epi16(mask, row + first);
}

SHARPLESS_AVX512 void PackKernelRows(const Plan& plan, const bf16* row, bf16* to) {
  const Shape& s = plan.shape;
  for (std::int64_t w = 0; w < s.outWidth; w += 2, to += 2 * lanes)
    _mm512_storeu_si512(to, Interleave(LoadKernelRow(s, row, w), LoadKernelRow(s, row, w + 1)));
}

void PackInput(const Plan& plan, const bf16* input, std::int64_t firstImage, std::int64_t images, std::int64_t firstRow,
               std::int64_t rows, std::int64_t firstBlock, std::int64_t endBlock, bf16* packed) {
  const Shape& s = plan.shape;
  const std::int64_t panel = plan.PanelLength() * lanes * 2;
  bf16* to = packed;
  for (std::int64_t phase = 0; phase < std::min(s.stride, s.kernelHeight); phase++) {
    const std::int64_t panelRows = rows + (s.kernelHeight - 1 - phase) / s.stride;
    for (std::int64_t h = 0; h < panelRows; h++)
      for (std::int64_t n = 0; n < images; n++, to += plan.pairs * lanes * 2) {
        const std::int64_t y = (firstRow + h) * s.stride + phase - s.padding;
        const bf16* row =
            y >= 0 && y < s.inHeight ? input + ((firstImage + n) * s.inHeight + y) * s.inWidth * s.inChannels : nullptr;
        if (row) PrefetchRow(row + s.stride * s.inWidth * s.inChannels, s.inWidth * s.inChannels);
        if (plan.rowBlocks) {
          PackKernelRows(plan, row, to);
          continue;
        }
        for (std::int64_t block = firstBlock; block < endBlock; block++)
          for (std::int64_t kw = 0; kw < s.kernelWidth; kw++)
            PackInputRow(plan, row ? row + block * lanes : nullptr, kw, to + ((block - firstBlock) * plan.taps + kw) * panel);
      }
  }
}

// sums[8][V][16] += sum over k of broadcast(gradOutput[k][8]) * input[V][k][16]
template <int V>
SHARPLESS_AVX512 void Tile(std::int64_t length, const bf16* const* inputs, const bf16* gradOutput, float* sums) {
  const bf16* input[V];
  for (int v = 0; v < V; v++) input[v] = inputs[v];
  __m512 sum[tileRows][V];
#pragma GCC unroll 8
  for (int r = 0; r < tileRows; r++)
#pragma GCC unroll 3
    for (int v = 0; v < V; v++) sum[r][v] = _mm512_loadu_ps(sums + (r * V + v) * lanes);
  for (std::int64_t k = 0; k < length; k++) {
    __m512bh x[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; v++) x[v] = (__m512bh)_mm512_loadu_si512(input[v] + k * lanes * 2);
#pragma GCC unroll 8
    for (int r = 0; r < tileRows; r++) {
      std::int32_t pair;
      std::memcpy(&pair, gradOutput + (k * lanes + r) * 2, sizeof pair);
      const __m512bh g = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 3
      for (int v = 0; v < V; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], g, x[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < tileRows; r++)
#pragma GCC unroll 3
    for (int v = 0; v < V; v++) _mm512_storeu_ps(sums + (r * V + v) * lanes, sum[r][v]);
}

// One task: the images and the blocks of one part. sums: [entry / V][co / 8][8][V][16].
void AddPart(const Plan& plan, const bf16* gradOutput, const bf16* input, std::int64_t batchPart, std::int64_t blockPart,
             float* sums) {
  const Shape& s = plan.shape;
  std::memset(sums, 0, plan.PartSums() * sizeof(float));
  const std::int64_t partBlocks = plan.blocks / plan.blockParts, firstBlock = blockPart * partBlocks;
  const std::int64_t panel = plan.PanelLength() * lanes * 2;
  const std::int64_t gradPanel = (plan.rows * plan.RowLength() + 1) * lanes * 2;
  const std::int64_t packedInputSize = partBlocks * plan.taps * panel;
  bf16* packedInput = static_cast<bf16*>(
      ThreadScratch(ScratchUse::Task, (packedInputSize + s.outChannels / lanes * gradPanel) * sizeof(bf16)));
  bf16* packedGradOutput = packedInput + packedInputSize;

  const std::int64_t firstImage = batchPart * s.batch / plan.batchParts;
  const std::int64_t endImage = (batchPart + 1) * s.batch / plan.batchParts;
  for (std::int64_t image = firstImage; image < endImage; image += plan.images)
    for (std::int64_t row = 0; row < s.outHeight; row += plan.rows) {
      const std::int64_t images = std::min(plan.images, endImage - image), rows = std::min(plan.rows, s.outHeight - row);
      const std::int64_t rowLength = images * plan.pairs, length = rows * rowLength;
      PackGradOutput(plan, gradOutput, image, images, row, rows, gradPanel, packedGradOutput);
      PackInput(plan, input, image, images, row, rows, firstBlock, firstBlock + partBlocks, packedInput);

      // Where kernel row kh begins in a panel.
      std::vector<std::int64_t> kernelRowOffset(s.kernelHeight);
      for (std::int64_t kh = 0; kh < s.kernelHeight; kh++) {
        std::int64_t rowsBefore = kh / s.stride;
        for (std::int64_t phase = 0; phase < kh % s.stride; phase++)
          rowsBefore += rows + (s.kernelHeight - 1 - phase) / s.stride;
        kernelRowOffset[kh] = rowsBefore * rowLength * lanes * 2;
      }

      for (std::int64_t k = 0; k < length; k += pairsInL1)
        for (std::int64_t entry = 0; entry < plan.PartEntries(); entry += plan.vectors) {
          const bf16* inputs[3];
          for (std::int64_t v = 0; v < plan.vectors; v++) {
            const std::int64_t kw = (entry + v) % plan.taps, kh = (entry + v) / plan.taps % s.kernelHeight;
            const std::int64_t block = (entry + v) / plan.taps / s.kernelHeight;
            inputs[v] = packedInput + (block * plan.taps + kw) * panel + kernelRowOffset[kh] + k * lanes * 2;
          }
          for (std::int64_t co = 0; co < s.outChannels; co += tileRows) {
            const bf16* g = packedGradOutput + co / lanes * gradPanel + (k * lanes + co % lanes) * 2;
            float* tile = sums + (entry * s.outChannels + co * plan.vectors) * lanes;
            const std::int64_t count = std::min(pairsInL1, length - k);
            if (plan.vectors == 3) Tile<3>(count, inputs, g, tile);
            else if (plan.vectors == 2) Tile<2>(count, inputs, g, tile);
            else Tile<1>(count, inputs, g, tile);
          }
        }
    }
}

// Adds the sums of all batch parts in order, rounds, and writes the input channels of one block part for one co.
SHARPLESS_AVX512 void WriteGradWeight(const Plan& plan, const float* sums, std::int64_t blockPart, std::int64_t co,
                                      bf16* gradWeight) {
  const Shape& s = plan.shape;
  const std::int64_t partBlocks = plan.blocks / plan.blockParts;
  for (std::int64_t kh = 0; kh < s.kernelHeight; kh++)
    for (std::int64_t tap = 0; tap < plan.taps; tap++)
      for (std::int64_t block = 0; block < partBlocks; block++) {
        const std::int64_t entry = (block * s.kernelHeight + kh) * plan.taps + tap;
        const std::int64_t v = entry % plan.vectors;
        const float* from =
            sums + ((entry - v) * s.outChannels + co / tileRows * tileRows * plan.vectors + co % tileRows * plan.vectors + v) * lanes;
        __m512 sum = _mm512_loadu_ps(from);
        for (std::int64_t part = 1; part < plan.batchParts; part++)
          sum = _mm512_add_ps(sum, _mm512_loadu_ps(from + part * plan.blockParts * plan.PartSums()));
        const __m256i rounded = (__m256i)_mm512_cvtneps_pbh(sum);
        bf16* to = gradWeight + (co * s.kernelHeight + kh) * s.kernelWidth * s.inChannels;
        if (plan.rowBlocks)
          _mm256_mask_storeu_epi16(to, static_cast<__mmask16>((1u << s.kernelWidth * s.inChannels) - 1), rounded);
        else
          _mm256_storeu_si256(
              reinterpret_cast<__m256i*>(to + tap * s.inChannels + (blockPart * partBlocks + block) * lanes), rounded);
      }
}

}  // namespace

void BackwardWeight(const Shape& shape, const bf16* gradOutput, const bf16* input, bf16* gradWeight) {
  const Plan plan(shape);
  const std::int64_t partSums = plan.PartSums();
  float* all = static_cast<float*>(ThreadScratch(ScratchUse::Call, plan.batchParts * plan.blockParts * partSums * sizeof(float)));
  at::parallel_for(0, plan.batchParts * plan.blockParts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; task++) {
      const std::int64_t batchPart = task / plan.blockParts, blockPart = task % plan.blockParts;
      AddPart(plan, gradOutput, input, batchPart, blockPart, all + task * partSums);
      if (plan.batchParts == 1)
        for (std::int64_t co = 0; co < shape.outChannels; co++)
          WriteGradWeight(plan, all + task * partSums, blockPart, co, gradWeight);
    }
  });
  if (plan.batchParts > 1)
    at::parallel_for(0, shape.outChannels, tileRows, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t co = begin; co < end; co++)
        for (std::int64_t blockPart = 0; blockPart < plan.blockParts; blockPart++)
          WriteGradWeight(plan, all + blockPart * partSums, blockPart, co, gradWeight);
    });
}

}  // namespace sharpless::convolution
