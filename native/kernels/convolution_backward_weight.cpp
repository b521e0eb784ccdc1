// gradWeight[co][kh][kw][ci] = sum over positions (n, h, w) of gradOutput[n][h][w][co] *
// input[n][h*s+kh-p][w*s+kw-p][ci]
//
// That is one matrix product per tap (kh, kw) whose inner dimension runs over positions. The instruction vdpbf16ps adds
// products of *pairs* along the inner dimension; here a pair is the same position in two images, n and n + 1. So both
// sides are first packed, a chunk of images and rows at a time, as
//
//   gradOutput -> [co / 16][h][w][n / 2][16 co]{n, n+1}
//   input      -> [ci / 16][h][column][n / 2][16 ci]{n, n+1}      columns in the order w modulo s, then w / s
//
// and a tap is nothing but an offset into the packed input: for each row h, the positions w that see a column inside
// the image are one contiguous run on both sides, and padding is skipped instead of multiplied. (Pairs along w would
// need one packed copy of the input per kw, and would multiply zeros.)
//
// The register tile is B output channels (broadcast) times V vectors of 16 input channels: 8 x 2, or 16 x 1.
//
// Where inChannels is tiny (an image's 1 or 3), the kernelWidth * inChannels values of one kernel row are contiguous in
// the input and become one block of at most 16 lanes for every output column; kernelWidth then counts as 1.

#include <algorithm>
#include <cstring>

#include "kernels/convolution_vectors.h"
#include "kernels/parallel.h"

namespace sharpless::convolution {
namespace {

constexpr std::int64_t pairSize = 2 * lanes;     // values of one packed position of two images
constexpr std::int64_t tasks = 8;                // a constant, so that sums do not depend on the number of threads
constexpr std::int64_t pairsInL1 = 128;          // aim for the inner dimension of one register tile
constexpr std::int64_t packedBytes = 320 << 10;  // aim for a packed chunk: a third of the second-level cache

// How one call is cut into pieces. Depends on the shape only.
struct Plan {
  Shape shape;
  bool rowBlocks;           // the lanes of a block are one kernel row (kw, ci) instead of 16 input channels
  std::int64_t blocks;      // ci / 16
  std::int64_t taps;        // kernelWidth, or 1 with rowBlocks
  std::int64_t columns;     // packed columns of one row of the input
  std::int64_t vectors;     // V
  std::int64_t tileRows;    // B
  std::int64_t blockParts;  // tasks along ci / 16
  std::int64_t batchParts;  // tasks along the batch; each has its own float32 sums
  std::int64_t images;      // images packed together, even
  std::int64_t rows;        // output rows packed together

  explicit Plan(const Shape& s) : shape(s) {
    rowBlocks = s.inChannels % lanes != 0;
    blocks = rowBlocks ? 1 : s.inChannels / lanes;
    taps = rowBlocks ? 1 : s.kernelWidth;
    columns = rowBlocks ? s.outWidth : s.inWidth;
    vectors = blocks % 2 == 0 ? 2 : 1;
    tileRows = 16 / vectors;

    // Each block part packs gradOutput again, each batch part has sums of its own to clear and to add up.
    const std::int64_t packing = s.batch * s.outHeight * s.outWidth * s.outChannels;
    const auto cost = [&](std::int64_t parts) { return parts * packing + tasks / parts * 2 * Sums(); };
    blockParts = 1;
    for (std::int64_t parts = 2; parts <= tasks; parts *= 2)
      if (blocks % (parts * vectors) == 0 && cost(parts) < cost(blockParts)) blockParts = parts;
    batchParts = std::min(DivideUp(s.batch, 2), tasks / blockParts);

    const std::int64_t partImages = DivideUp(s.batch, batchParts);
    images =
        2 * std::min(DivideUp(partImages, 2), std::max<std::int64_t>(1, 2 * pairsInL1 / (s.outHeight * s.outWidth)));
    const std::int64_t rowBytes = images *
                                  (s.stride * columns * blocks / blockParts * lanes + s.outWidth * s.outChannels) *
                                  std::int64_t{sizeof(bf16)};
    rows = std::clamp<std::int64_t>(packedBytes / rowBytes, 1, s.outHeight);
  }

  std::int64_t Sums() const { return blocks * lanes * shape.kernelHeight * taps * shape.outChannels; }
  std::int64_t BlockSums() const { return Sums() / blocks; }

  // Where the sums of one co and one vector of a block begin, in [block / V][co / B][kh][tap][B][V][16].
  std::int64_t SumsOffset(std::int64_t block, std::int64_t co, std::int64_t kh, std::int64_t tap) const {
    const std::int64_t tile =
        ((block / vectors * (shape.outChannels / tileRows) + co / tileRows) * shape.kernelHeight + kh) * taps + tap;
    return ((tile * tileRows + co % tileRows) * vectors + block % vectors) * lanes;
  }
};

// Output positions [begin, end) of one axis at which kernel position k sees a position inside the input.
struct Range {
  std::int64_t begin, end;
};

Range Inside(std::int64_t k, std::int64_t outSize, std::int64_t inSize, const Shape& s) {
  const std::int64_t first = k - s.padding;  // seen from output position 0
  return {first < 0 ? DivideUp(-first, s.stride) : 0,
          inSize > first ? std::min(outSize, DivideUp(inSize - first, s.stride)) : 0};
}

// The images and rows that are packed together.
struct Chunk {
  std::int64_t firstImage, images, pairs;
  std::int64_t firstRow, rows;         // of the output
  std::int64_t firstInRow, inRows;     // of the input: the rows inside the image that they see
  std::int64_t gradPanel, inputPanel;  // values from one block of 16 channels to the next

  Chunk(const Plan& plan, std::int64_t firstImage_, std::int64_t images_, std::int64_t firstRow_, std::int64_t rows_)
      : firstImage(firstImage_), images(images_), pairs(DivideUp(images_, 2)), firstRow(firstRow_), rows(rows_) {
    const Shape& s = plan.shape;
    firstInRow = std::max<std::int64_t>(0, firstRow * s.stride - s.padding);
    const std::int64_t end = std::min(s.inHeight, (firstRow + rows - 1) * s.stride - s.padding + s.kernelHeight);
    inRows = std::max<std::int64_t>(0, end - firstInRow);
    // One line more, so that the panels do not all begin at the same cache set.
    gradPanel = (rows * s.outWidth * pairs + 1) * pairSize;
    inputPanel = (inRows * plan.columns * pairs + 1) * pairSize;
  }
};

void Prefetch(const bf16* data, std::int64_t size) {
  for (std::int64_t i = 0; i < size; i += 32) _mm_prefetch(reinterpret_cast<const char*>(data + i), _MM_HINT_T0);
}

// Interleaves 16 channels of `count` pixels of two images. b is null where the second image is missing.
SHARPLESS_AVX512 inline void PackPixels(const bf16* a, const bf16* b, std::int64_t step, std::int64_t count, bf16* to,
                                        std::int64_t toStep) {
  if (b)
    for (std::int64_t i = 0; i < count; i++)
      _mm512_storeu_si512(to + i * toStep, Interleave(Load16(a + i * step), Load16(b + i * step)));
  else
    for (std::int64_t i = 0; i < count; i++)
      _mm512_storeu_si512(to + i * toStep, Interleave(Load16(a + i * step), _mm256_setzero_si256()));
}

SHARPLESS_AVX512 void PackGradOutput(const Plan& plan, const Chunk& chunk, const bf16* gradOutput, bf16* packed) {
  const Shape& s = plan.shape;
  const std::int64_t rowSize = s.outWidth * s.outChannels, imageSize = s.outHeight * rowSize;
  for (std::int64_t pair = 0; pair < chunk.pairs; pair++)
    for (std::int64_t h = 0; h < chunk.rows; h++) {
      const bf16* a = gradOutput + (chunk.firstImage + 2 * pair) * imageSize + (chunk.firstRow + h) * rowSize;
      const bf16* b = 2 * pair + 1 < chunk.images ? a + imageSize : nullptr;
      Prefetch(a + rowSize, rowSize);
      if (b) Prefetch(b + rowSize, rowSize);
      bf16* to = packed + (h * s.outWidth * chunk.pairs + pair) * pairSize;
      for (std::int64_t c = 0; c < s.outChannels; c += lanes)
        PackPixels(a + c, b ? b + c : nullptr, s.outChannels, s.outWidth, to + c / lanes * chunk.gradPanel,
                   chunk.pairs * pairSize);
    }
}

// The kernelWidth * inChannels values that a kernel row sees at output column w, zero where they lie in the padding.
SHARPLESS_AVX512 inline __m256i LoadKernelRow(const Shape& s, const bf16* row, std::int64_t w) {
  const std::int64_t first = (w * s.stride - s.padding) * s.inChannels;
  const std::int64_t from = std::max<std::int64_t>(0, -first);
  const std::int64_t end = std::min(s.kernelWidth * s.inChannels, s.inWidth * s.inChannels - first);
  if (from >= end) return _mm256_setzero_si256();
  return _mm256_maskz_loadu_epi16(static_cast<__mmask16>((1u << end) - (1u << from)), row + first);
}

SHARPLESS_AVX512 void PackInput(const Plan& plan, const Chunk& chunk, const bf16* input, std::int64_t firstBlock,
                                std::int64_t endBlock, bf16* packed) {
  const Shape& s = plan.shape;
  const std::int64_t rowSize = s.inWidth * s.inChannels, imageSize = s.inHeight * rowSize,
                     toStep = chunk.pairs * pairSize;
  for (std::int64_t pair = 0; pair < chunk.pairs; pair++)
    for (std::int64_t y = 0; y < chunk.inRows; y++) {
      const bf16* a = input + (chunk.firstImage + 2 * pair) * imageSize + (chunk.firstInRow + y) * rowSize;
      const bf16* b = 2 * pair + 1 < chunk.images ? a + imageSize : nullptr;
      bf16* to = packed + (y * plan.columns * chunk.pairs + pair) * pairSize;
      if (plan.rowBlocks) {
        for (std::int64_t w = 0; w < s.outWidth; w++)
          _mm512_storeu_si512(to + w * toStep,
                              Interleave(LoadKernelRow(s, a, w), b ? LoadKernelRow(s, b, w) : _mm256_setzero_si256()));
        continue;
      }
      Prefetch(a + rowSize, rowSize);
      if (b) Prefetch(b + rowSize, rowSize);
      for (std::int64_t block = firstBlock; block < endBlock; block++) {
        bf16* target = to + (block - firstBlock) * chunk.inputPanel;
        for (std::int64_t phase = 0; phase < s.stride && phase < s.inWidth; phase++) {
          const std::int64_t count = DivideUp(s.inWidth - phase, s.stride), from = phase * s.inChannels + block * lanes;
          PackPixels(a + from, b ? b + from : nullptr, s.stride * s.inChannels, count, target, toStep);
          target += count * toStep;
        }
      }
    }
}

// The packed position of column x of the input.
std::int64_t ColumnIndex(const Shape& s, std::int64_t x) {
  std::int64_t index = x / s.stride;
  for (std::int64_t phase = 0; phase < x % s.stride; phase++) index += DivideUp(s.inWidth - phase, s.stride);
  return index;
}

// Runs of positions, one per output row: where they begin on both sides, and the way from one row to the next.
struct Runs {
  std::int64_t rows, length;
  const bf16* gradOutput;
  std::int64_t gradRow;
  const bf16* input;
  std::int64_t inputRow, inputPanel;
};

// sums[B][V][16] += sum over positions of broadcast(gradOutput[B]) * input[V][16]
template <int B, int V>
SHARPLESS_AVX512 void Tile(const Runs& runs, float* sums) {
  // The sums of the next tile, which may lie as far away as main memory.
  for (int i = 0; i < B * V; i++) _mm_prefetch(reinterpret_cast<const char*>(sums + (B * V + i) * lanes), _MM_HINT_T0);
  __m512 sum[B][V];
#pragma GCC unroll 16
  for (int r = 0; r < B; r++)
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) sum[r][v] = _mm512_loadu_ps(sums + (r * V + v) * lanes);
  for (std::int64_t row = 0; row < runs.rows; row++) {
    const bf16* g = runs.gradOutput + row * runs.gradRow;
    const bf16* x = runs.input + row * runs.inputRow;
    for (std::int64_t k = 0; k < runs.length; k++, g += pairSize, x += pairSize) {
      __m512bh values[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) values[v] = (__m512bh)_mm512_loadu_si512(x + v * runs.inputPanel);
#pragma GCC unroll 16
      for (int r = 0; r < B; r++) {
        std::int32_t pair;
        std::memcpy(&pair, g + 2 * r, sizeof pair);
        const __m512bh gradient = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 2
        for (int v = 0; v < V; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], gradient, values[v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < B; r++)
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) _mm512_storeu_ps(sums + (r * V + v) * lanes, sum[r][v]);
}

// Adds one packed chunk to the sums of blocks [firstBlock, endBlock).
void AddChunk(const Plan& plan, const Chunk& chunk, const bf16* packedGradOutput, const bf16* packedInput,
              std::int64_t firstBlock, std::int64_t endBlock, float* sums, Prefetcher& prefetcher) {
  const Shape& s = plan.shape;
  const std::int64_t step = std::clamp<std::int64_t>(pairsInL1 / (s.outWidth * chunk.pairs), 1, chunk.rows);
  Runs runs;
  runs.gradRow = s.outWidth * chunk.pairs * pairSize;
  runs.inputRow = s.stride * plan.columns * chunk.pairs * pairSize;
  runs.inputPanel = chunk.inputPanel;
  for (std::int64_t row = chunk.firstRow; row < chunk.firstRow + chunk.rows; row += step)
    for (std::int64_t block = firstBlock; block < endBlock; block += plan.vectors)
      for (std::int64_t co = 0; co < s.outChannels; co += plan.tileRows)
        for (std::int64_t kh = 0; kh < s.kernelHeight; kh++) {
          const Range inside = Inside(kh, s.outHeight, s.inHeight, s);
          const std::int64_t h = std::max(row, inside.begin);
          runs.rows = std::min({row + step, chunk.firstRow + chunk.rows, inside.end}) - h;
          if (runs.rows <= 0) continue;
          const bf16* g =
              packedGradOutput + co / lanes * chunk.gradPanel + (h - chunk.firstRow) * runs.gradRow + co % lanes * 2;
          const bf16* x = packedInput + (block - firstBlock) * chunk.inputPanel +
                          (h * s.stride + kh - s.padding - chunk.firstInRow) * plan.columns * chunk.pairs * pairSize;
          for (std::int64_t tap = 0; tap < plan.taps; tap++) {
            const Range w = plan.rowBlocks ? Range{0, s.outWidth} : Inside(tap, s.outWidth, s.inWidth, s);
            if (w.begin >= w.end) continue;
            const std::int64_t column = plan.rowBlocks ? 0 : ColumnIndex(s, w.begin * s.stride + tap - s.padding);
            runs.length = (w.end - w.begin) * chunk.pairs;
            runs.gradOutput = g + w.begin * chunk.pairs * pairSize;
            runs.input = x + column * chunk.pairs * pairSize;
            float* tile = sums + plan.SumsOffset(block, co, kh, tap);
            prefetcher.Tile();
            if (plan.vectors == 2)
              Tile<8, 2>(runs, tile);
            else
              Tile<16, 1>(runs, tile);
          }
        }
}

// The sums of one batch part for blocks [firstBlock, endBlock).
void AddImages(const Plan& plan, const bf16* gradOutput, const bf16* input, std::int64_t batchPart,
               std::int64_t firstBlock, std::int64_t endBlock, float* sums) {
  const Shape& s = plan.shape;
  std::memset(sums + firstBlock * plan.BlockSums(), 0, (endBlock - firstBlock) * plan.BlockSums() * sizeof(float));
  const std::int64_t pairs = DivideUp(s.batch, 2);
  const std::int64_t begin = 2 * (batchPart * pairs / plan.batchParts);
  const std::int64_t end = std::min(s.batch, 2 * ((batchPart + 1) * pairs / plan.batchParts));
  std::vector<Chunk> chunks;
  for (std::int64_t image = begin; image < end; image += plan.images)
    for (std::int64_t row = 0; row < s.outHeight; row += plan.rows)
      chunks.emplace_back(plan, image, std::min(plan.images, end - image), row, std::min(plan.rows, s.outHeight - row));
  for (std::size_t i = 0; i < chunks.size(); i++) {
    const Chunk& chunk = chunks[i];
    const std::int64_t gradSize = s.outChannels / lanes * chunk.gradPanel,
                       inputSize = (endBlock - firstBlock) * chunk.inputPanel;
    bf16* packed = static_cast<bf16*>(ThreadScratch(ScratchUse::Task, (gradSize + inputSize) * sizeof(bf16)));
    PackGradOutput(plan, chunk, gradOutput, packed);
    PackInput(plan, chunk, input, firstBlock, endBlock, packed + gradSize);

    Prefetcher prefetcher;
    if (i + 1 < chunks.size()) {
      const Chunk& next = chunks[i + 1];
      const std::int64_t gradRow = s.outWidth * s.outChannels, inputRow = s.inWidth * s.inChannels;
      for (std::int64_t n = next.firstImage; n < next.firstImage + next.images; n++) {
        prefetcher.Add(gradOutput + (n * s.outHeight + next.firstRow) * gradRow, next.rows * gradRow);
        prefetcher.Add(input + (n * s.inHeight + next.firstInRow) * inputRow, next.inRows * inputRow);
      }
      const std::int64_t steps = DivideUp(chunk.rows * s.outWidth * chunk.pairs, pairsInL1);
      prefetcher.SpreadOver(steps * (endBlock - firstBlock) * plan.BlockSums() /
                            (plan.tileRows * plan.vectors * lanes));
    }
    AddChunk(plan, chunk, packed, packed + gradSize, firstBlock, endBlock, sums, prefetcher);
  }
}

// Adds the sums of all batch parts in order and rounds: blocks [firstBlock, endBlock) of output channel co.
SHARPLESS_AVX512 void WriteGradWeight(const Plan& plan, const float* sums, std::int64_t firstBlock,
                                      std::int64_t endBlock, std::int64_t co, bf16* gradWeight) {
  const Shape& s = plan.shape;
  for (std::int64_t kh = 0; kh < s.kernelHeight; kh++)
    for (std::int64_t tap = 0; tap < plan.taps; tap++)
      for (std::int64_t block = firstBlock; block < endBlock; block++) {
        const float* from = sums + plan.SumsOffset(block, co, kh, tap);
        __m512 sum = _mm512_loadu_ps(from);
        for (std::int64_t part = 1; part < plan.batchParts; part++)
          sum = _mm512_add_ps(sum, _mm512_loadu_ps(from + part * plan.Sums()));
        const __m256i rounded = (__m256i)_mm512_cvtneps_pbh(sum);
        bf16* to = gradWeight + ((co * s.kernelHeight + kh) * s.kernelWidth + tap) * s.inChannels + block * lanes;
        if (plan.rowBlocks)
          _mm256_mask_storeu_epi16(to, static_cast<__mmask16>((1u << s.kernelWidth * s.inChannels) - 1), rounded);
        else
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), rounded);
      }
}

}  // namespace

void BackwardWeight(const Shape& shape, const bf16* gradOutput, const bf16* input, bf16* gradWeight) {
  const Plan plan(shape);
  float* sums = static_cast<float*>(ThreadScratch(ScratchUse::Call, plan.batchParts * plan.Sums() * sizeof(float)));
  parallel_for(0, plan.batchParts * plan.blockParts, 1, [&](std::int64_t begin, std::int64_t end) {
    // A thread takes its block parts of one batch part together, so that it packs gradOutput once for them all.
    const std::int64_t partBlocks = plan.blocks / plan.blockParts;
    for (std::int64_t task = begin, next; task < end; task = next) {
      const std::int64_t batchPart = task / plan.blockParts;
      next = std::min(end, (batchPart + 1) * plan.blockParts);
      AddImages(plan, gradOutput, input, batchPart, (task - batchPart * plan.blockParts) * partBlocks,
                (next - batchPart * plan.blockParts) * partBlocks, sums + batchPart * plan.Sums());
    }
  });
  parallel_for(0, shape.outChannels, plan.tileRows, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t co = begin; co < end; co++) WriteGradWeight(plan, sums, 0, plan.blocks, co, gradWeight);
  });
}

}  // namespace sharpless::convolution
