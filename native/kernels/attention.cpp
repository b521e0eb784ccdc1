// Scaled dot-product attention (arXiv:1706.03762, equation 1), softmax(q k' / √D + mask) v, head by head in one pass
// each way: queries, keys and values are read where they lie, and no matrix of all queries with all keys is written.
// Backward computes the weights again. Sums are float32 whatever the input.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/element.h"
#include "kernels/exponential.h"
#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

using Vector = float __attribute__((vector_size(64)));
constexpr int64_t lanes = 16;

/// Reads and writes at any address. Not by a pointer to a type of less alignment: clang forgets it inside templates.
SHARPLESS_INLINE void read(Vector& to, const float* from) { __builtin_memcpy(&to, from, sizeof to); }
SHARPLESS_INLINE void write(float* to, const Vector& from) { __builtin_memcpy(to, &from, sizeof from); }

/// Queries whose weights are computed together: their rows stay in the cache.
constexpr int64_t queries_at_once = 32;

int64_t padded(int64_t size) { return (size + lanes - 1) / lanes * lanes; }

// ---------------------------------------------------------------- products of small matrices

/// A matrix read number by number: element (i, j) is data[i * row + j * column].
struct Left {
  const float* data;
  int64_t row, column;
};

template <int rows, int vectors>
SHARPLESS_INLINE void tile(Left a, const float* b, int64_t b_row, int64_t depth, float* c, int64_t c_row, bool adds) {
  Vector sums[rows][vectors] = {};
  for (int64_t k = 0; k < depth; ++k) {
    Vector right[vectors];
    for (int v = 0; v < vectors; ++v) read(right[v], b + k * b_row + v * lanes);
    for (int r = 0; r < rows; ++r) {
      const float left = a.data[r * a.row + k * a.column];
      for (int v = 0; v < vectors; ++v) sums[r][v] += left * right[v];
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      float* target = c + r * c_row + v * lanes;
      Vector before = {};
      if (adds) read(before, target);
      write(target, adds ? before + sums[r][v] : sums[r][v]);
    }
  }
}

template <int vectors>
SHARPLESS_INLINE void columns(int64_t rows, int64_t depth, Left a, const float* b, int64_t b_row, float* c,
                              int64_t c_row, bool adds) {
  int64_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    tile<8, vectors>({a.data + i * a.row, a.row, a.column}, b, b_row, depth, c + i * c_row, c_row, adds);
  }
  for (; i < rows; ++i) {
    tile<1, vectors>({a.data + i * a.row, a.row, a.column}, b, b_row, depth, c + i * c_row, c_row, adds);
  }
}

/// c [rows, width] = a [rows, depth] b [depth, width], or c += that; the width is a multiple of the lanes. Compiled
/// once for each level, and not in every place that calls it: this file would take 15 s.
void multiply(int64_t rows, int64_t depth, int64_t width, Left a, const float* b, float* c, bool adds) {
  at_best_level([=]() SHARPLESS_LOOP {
    int64_t j = 0;
    for (; j + 2 * lanes <= width; j += 2 * lanes) columns<2>(rows, depth, a, b + j, width, c + j, width, adds);
    if (j < width) columns<1>(rows, depth, a, b + j, width, c + j, width, adds);
  });
}

// ---------------------------------------------------------------- heads

struct Sizes {
  int64_t heads_of_example, heads, queries, keys, width, value_width;
  int64_t key_columns, columns, value_columns;  // padded
  float scale;

  explicit Sizes(const sharpless_attention_plan& plan)
      : heads_of_example(plan.heads),
        heads(plan.batch * plan.heads),
        queries(plan.queries),
        keys(plan.keys),
        width(plan.width),
        value_width(plan.value_width),
        key_columns(padded(keys)),
        columns(padded(width)),
        value_columns(padded(value_width)),
        scale(static_cast<float>(1 / std::sqrt(static_cast<double>(width)))) {}
};

/// Where the rows of one head of [B, heads, T, D] lie.
template <class Element>
struct Rows {
  Element* data;
  int64_t row;
};

template <class Element>
Rows<Element> head_of(const Sizes& s, const sharpless_heads& tensor, int64_t head) {
  Element* data = static_cast<Element*>(tensor.data);
  return {data + head / s.heads_of_example * tensor.batch + head % s.heads_of_example * tensor.head, tensor.row};
}

/// Rows as floats times a factor, each `width` wide; what is beyond their own length is 0.
template <class Element>
SHARPLESS_INLINE void unpack(Rows<Element> from, int64_t rows, int64_t length, float factor, float* to, int64_t width) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < length; ++j) to[i * width + j] = factor * to_float(from.data[i * from.row + j]);
    for (int64_t j = length; j < width; ++j) to[i * width + j] = 0;
  }
}

/// The same, transposed: [length, width] with the rows as columns.
template <class Element>
SHARPLESS_INLINE void unpack_transposed(Rows<Element> from, int64_t rows, int64_t length, float* to, int64_t width) {
  for (int64_t j = 0; j < length; ++j) {
    for (int64_t i = 0; i < rows; ++i) to[j * width + i] = to_float(from.data[i * from.row + j]);
    for (int64_t i = rows; i < width; ++i) to[j * width + i] = 0;
  }
}

template <class Element>
SHARPLESS_INLINE void pack(const float* from, int64_t width, int64_t rows, int64_t length, float factor,
                           Rows<Element> to) {
  for (int64_t i = 0; i < rows; ++i) {
    SHARPLESS_INDEPENDENT
    for (int64_t j = 0; j < length; ++j) store(to.data[i * to.row + j], factor * from[i * width + j]);
  }
}

/// The mask of one query: numbers that are added to its products, one per key.
struct MaskRow {
  const float* data;
  int64_t step;
};

/// Makes weights of the products of one query with `keys` keys.
SHARPLESS_INLINE void softmax(float* row, int64_t keys, int64_t width, MaskRow mask) {
  if (mask.data != nullptr) {
    for (int64_t t = 0; t < keys; ++t) row[t] += mask.data[t * mask.step];
  }
  for (int64_t t = keys; t < width; ++t) row[t] = -std::numeric_limits<float>::infinity();
  float highest[lanes], sums[lanes] = {};
  for (int64_t lane = 0; lane < lanes; ++lane) highest[lane] = row[lane];
  for (int64_t t = lanes; t < width; t += lanes) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      highest[lane] = row[t + lane] > highest[lane] ? row[t + lane] : highest[lane];
    }
  }
  float most = highest[0], sum = 0;
  for (int64_t lane = 1; lane < lanes; ++lane) most = highest[lane] > most ? highest[lane] : most;
  for (int64_t t = 0; t < width; t += lanes) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const float weight = exponential(row[t + lane] - most);
      row[t + lane] = weight;
      sums[lane] += weight;
    }
  }
  for (int64_t lane = 0; lane < lanes; ++lane) sum += sums[lane];
  const float inverse = 1 / sum;
  for (int64_t t = 0; t < width; ++t) row[t] *= inverse;
}

MaskRow mask_row(const sharpless_attention_plan& plan, int64_t head, int64_t query) {
  if (plan.mask == nullptr) return {nullptr, 0};
  return {
      plan.mask + head / plan.heads * plan.mask_batch + head % plan.heads * plan.mask_head + query * plan.mask_query,
      plan.mask_key};
}

/// Numbers that one task needs at a time, taken one after the other from memory that the thread keeps.
class Scratch {
 public:
  explicit Scratch(int64_t count) {
    thread_local std::vector<float> memory;
    if (static_cast<int64_t>(memory.size()) < count) memory.resize(count);
    next_ = memory.data();
  }

  float* take(int64_t count) {
    float* result = next_;
    next_ += count;
    return result;
  }

 private:
  float* next_;
};

template <class Element>
void forward_heads(const sharpless_attention_plan& plan, const sharpless_heads& q, const sharpless_heads& k,
                   const sharpless_heads& v, const sharpless_heads& out) {
  const Sizes s(plan);
  parallel_for(0, s.heads, 1, [&](int64_t first, int64_t last) {
    Scratch scratch(s.width * s.key_columns + s.keys * s.value_columns +
                    queries_at_once * (s.columns + s.key_columns + s.value_columns));
    float* keys = scratch.take(s.width * s.key_columns);
    float* values = scratch.take(s.keys * s.value_columns);
    float* queries = scratch.take(queries_at_once * s.columns);
    float* weights = scratch.take(queries_at_once * s.key_columns);
    float* means = scratch.take(queries_at_once * s.value_columns);
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t head = first; head < last; ++head) {
        const auto q_rows = head_of<Element>(s, q, head), out_rows = head_of<Element>(s, out, head);
        unpack_transposed(head_of<Element>(s, k, head), s.keys, s.width, keys, s.key_columns);
        unpack(head_of<Element>(s, v, head), s.keys, s.value_width, 1, values, s.value_columns);
        for (int64_t begin = 0; begin < s.queries; begin += queries_at_once) {
          const int64_t count = std::min(queries_at_once, s.queries - begin);
          unpack(Rows<Element>{q_rows.data + begin * q_rows.row, q_rows.row}, count, s.width, s.scale, queries,
                 s.columns);
          multiply(count, s.width, s.key_columns, {queries, s.columns, 1}, keys, weights, false);
          for (int64_t i = 0; i < count; ++i) {
            softmax(weights + i * s.key_columns, s.keys, s.key_columns, mask_row(plan, head, begin + i));
          }
          multiply(count, s.keys, s.value_columns, {weights, s.key_columns, 1}, values, means, false);
          pack(means, s.value_columns, count, s.value_width, 1,
               Rows<Element>{out_rows.data + begin * out_rows.row, out_rows.row});
        }
      }
    });
  });
}

/// With weights P and the gradient G of the output: to the values P' G; to the products S = P (G v' - row sums of P (G
/// v')), from which the queries get S k / √D and the keys S' q / √D.
template <class Element>
void backward_heads(const sharpless_attention_plan& plan, const sharpless_heads& gradient, const sharpless_heads& q,
                    const sharpless_heads& k, const sharpless_heads& v, const sharpless_heads& to_q,
                    const sharpless_heads& to_k, const sharpless_heads& to_v) {
  const Sizes s(plan);
  parallel_for(0, s.heads, 1, [&](int64_t first, int64_t last) {
    Scratch scratch(s.key_columns * (s.width + s.value_width) + s.keys * (2 * s.columns + s.value_columns) +
                    queries_at_once * (2 * s.columns + s.value_columns + 2 * s.key_columns));
    float* keys = scratch.take(s.keys * s.columns);
    float* keys_across = scratch.take(s.width * s.key_columns);
    float* values_across = scratch.take(s.value_width * s.key_columns);
    float* of_keys = scratch.take(s.keys * s.columns);
    float* of_values = scratch.take(s.keys * s.value_columns);
    float* queries = scratch.take(queries_at_once * s.columns);
    float* of_queries = scratch.take(queries_at_once * s.columns);
    float* given = scratch.take(queries_at_once * s.value_columns);
    float* weights = scratch.take(queries_at_once * s.key_columns);
    float* slopes = scratch.take(queries_at_once * s.key_columns);
    at_best_level([&]() SHARPLESS_LOOP {
      for (int64_t head = first; head < last; ++head) {
        const auto q_rows = head_of<Element>(s, q, head), g_rows = head_of<Element>(s, gradient, head),
                   to_q_rows = head_of<Element>(s, to_q, head);
        unpack(head_of<Element>(s, k, head), s.keys, s.width, 1, keys, s.columns);
        unpack_transposed(head_of<Element>(s, k, head), s.keys, s.width, keys_across, s.key_columns);
        unpack_transposed(head_of<Element>(s, v, head), s.keys, s.value_width, values_across, s.key_columns);
        for (int64_t begin = 0; begin < s.queries; begin += queries_at_once) {
          const int64_t count = std::min(queries_at_once, s.queries - begin);
          unpack(Rows<Element>{q_rows.data + begin * q_rows.row, q_rows.row}, count, s.width, s.scale, queries,
                 s.columns);
          unpack(Rows<Element>{g_rows.data + begin * g_rows.row, g_rows.row}, count, s.value_width, 1, given,
                 s.value_columns);
          multiply(count, s.width, s.key_columns, {queries, s.columns, 1}, keys_across, weights, false);
          multiply(count, s.value_width, s.key_columns, {given, s.value_columns, 1}, values_across, slopes, false);
          for (int64_t i = 0; i < count; ++i) {
            float *weight = weights + i * s.key_columns, *slope = slopes + i * s.key_columns;
            softmax(weight, s.keys, s.key_columns, mask_row(plan, head, begin + i));
            float sums[lanes] = {}, mean = 0;
            for (int64_t t = 0; t < s.key_columns; t += lanes) {
              for (int64_t lane = 0; lane < lanes; ++lane) sums[lane] += weight[t + lane] * slope[t + lane];
            }
            for (int64_t lane = 0; lane < lanes; ++lane) mean += sums[lane];
            for (int64_t t = 0; t < s.key_columns; ++t) slope[t] = weight[t] * (slope[t] - mean);
          }
          const bool adds = begin > 0;
          multiply(s.keys, count, s.value_columns, {weights, 1, s.key_columns}, given, of_values, adds);
          multiply(s.keys, count, s.columns, {slopes, 1, s.key_columns}, queries, of_keys, adds);
          multiply(count, s.keys, s.columns, {slopes, s.key_columns, 1}, keys, of_queries, false);
          pack(of_queries, s.columns, count, s.width, s.scale,
               Rows<Element>{to_q_rows.data + begin * to_q_rows.row, to_q_rows.row});
        }
        // The queries bear the scale already.
        pack(of_keys, s.columns, s.keys, s.width, 1, head_of<Element>(s, to_k, head));
        pack(of_values, s.value_columns, s.keys, s.value_width, 1, head_of<Element>(s, to_v, head));
      }
    });
  });
}

}  // namespace
}  // namespace sharpless

using namespace sharpless;

int32_t sharpless_attention(const sharpless_attention_plan* plan, const sharpless_heads* q, const sharpless_heads* k,
                            const sharpless_heads* v, const sharpless_heads* output) noexcept {
  return guarded_kernel([&] {
    with_element(plan->element, [&](auto value) { forward_heads<decltype(value)>(*plan, *q, *k, *v, *output); });
  });
}

int32_t sharpless_attention_backward(const sharpless_attention_plan* plan, const sharpless_heads* gradient,
                                     const sharpless_heads* q, const sharpless_heads* k, const sharpless_heads* v,
                                     const sharpless_heads* to_q, const sharpless_heads* to_k,
                                     const sharpless_heads* to_v) noexcept {
  return guarded_kernel([&] {
    with_element(plan->element, [&](auto value) {
      backward_heads<decltype(value)>(*plan, *gradient, *q, *k, *v, *to_q, *to_k, *to_v);
    });
  });
}
