// Band -> tridiagonal by bulge chasing (Lang 1993; Haidar, Ltaief, Dongarra 2011).
//
// Sweep i clears column i below its subdiagonal with a Householder reflection. Applied from both sides this fills the
// block below the band; the next reflection clears the first column of that block, which fills the next one, and so on
// down to the last row:
//
//     column:  i     p = i+1 ...       r = p+b ...
//     row i    a
//     row p    b0    D symmetric                        reflection v of rows p ... p+b-1
//     row r          B full: B := B H(v), H(u) B        reflection u of rows r ... r+b-1, from B's first column
//     ...                              D symmetric      D := H(u) D H(u)
//
// LAPACK's dsytrd_sb2st does the same from calls of BLAS on these small blocks and took 18 times longer here (2.4 s
// against 0.13 s at order 4096, two cores, OpenBLAS 0.3.21): it was three quarters of all the time spent on
// eigenvalues. Here each step is one function over blocks of a fixed size, several sweeps walk close behind each other
// so that blocks stay in the cache, and threads pipeline such groups of sweeps. Zero columns beyond the last one make
// every block whole: a reflection of trailing zeros is zero there.
//
// A group waits for the one before it, and threads take groups in their order: so there is always one that can go on,
// however many of the threads really run at the same time.

#include "kernels/band_to_tridiagonal.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "kernels/parallel.h"
#include "kernels/vectorize.h"

namespace sharpless {
namespace {

constexpr int b = bandwidth;
constexpr int lanes = 8, vectors = b / lanes;
constexpr int64_t sweeps_per_group = 4;

typedef double Vector __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t Mask __attribute__((vector_size(64)));

// By reference: a vector as a return value would depend on the instruction set.
SHARPLESS_INLINE const Vector& at(const double* p) { return *reinterpret_cast<const Vector*>(p); }
SHARPLESS_INLINE Vector& at(double* p) { return *reinterpret_cast<Vector*>(p); }

SHARPLESS_INLINE double sum(const Vector& v) {
  return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}

// Sets the lanes before the first to zero.
SHARPLESS_INLINE void keep_from(int first, Vector& v) {
  const Mask lane = {0, 1, 2, 3, 4, 5, 6, 7};
  v = (Vector)((Mask)v & (lane >= (int64_t)first));
}

SHARPLESS_INLINE double dot(const double* x, const double* y) {
  Vector total = at(x) * at(y);
  for (int q = 1; q < vectors; q++) total += at(x + q * lanes) * at(y + q * lanes);
  return sum(total);
}

// H = I - tau v v^T with H x = beta e1. x becomes v, v[0] = 1; returns tau.
SHARPLESS_INLINE double reflection(double* x, double& beta) {
  double first = x[0];
  x[0] = 0;
  double rest = dot(x, x);
  x[0] = 1;
  beta = first;
  if (rest == 0) return 0;
  beta = -std::copysign(std::sqrt(first * first + rest), first);
  double scale = 1 / (first - beta);
  for (int i = 1; i < b; i++) x[i] *= scale;
  return (beta - first) / beta;
}

// D := H D H for the symmetric block whose lower triangle has its column c from d + c * band_rows down.
SHARPLESS_INLINE void reflect_both_sides(double* d, const double* v, double tau) {
  if (tau == 0) return;
  // w = tau D v - (tau^2 v^T D v / 2) v, then D -= v w^T + w v^T.
  alignas(64) double w[b] = {};
  for (int o = 0; o < vectors; o++) {
    for (int lane = 0; lane < lanes; lane++) {
      int c = o * lanes + lane;
      const double* column =
          d + c * band_rows - lane;  // from row o * lanes; the lanes above the diagonal belong to other columns
      Vector below = at(column);
      keep_from(lane, below);
      at(w + o * lanes) += below * v[c];
      keep_from(lane + 1, below);
      Vector across = below * at(v + o * lanes);
      for (int q = o + 1; q < vectors; q++) {
        Vector x = at(column + (q - o) * lanes);
        at(w + q * lanes) += x * v[c];
        across += x * at(v + q * lanes);
      }
      w[c] += sum(across);
    }
  }
  double half = 0.5 * tau * dot(w, v);
  for (int i = 0; i < b; i++) w[i] = tau * (w[i] - half * v[i]);
  for (int o = 0; o < vectors; o++) {
    for (int lane = 0; lane < lanes; lane++) {
      int c = o * lanes + lane;
      double* column = d + c * band_rows - lane;
      Vector change = at(v + o * lanes) * w[c] + at(w + o * lanes) * v[c];
      keep_from(lane, change);
      at(column) -= change;
      for (int q = o + 1; q < vectors; q++)
        at(column + (q - o) * lanes) -= at(v + q * lanes) * w[c] + at(w + q * lanes) * v[c];
    }
  }
}

// Clears column i below its subdiagonal. Sets v and returns its tau.
SHARPLESS_INLINE double begin_sweep(double* band, int64_t i, double* v) {
  double* column = band + i * band_rows + 1;
  std::memcpy(v, column, b * sizeof(double));
  double beta, tau = reflection(v, beta);
  std::memset(column, 0, b * sizeof(double));
  column[0] = beta;
  reflect_both_sides(band + (i + 1) * band_rows, v, tau);
  return tau;
}

// Carries reflection v of rows p ... p+b-1 through the block below and clears that block's first column. Sets v to the
// new reflection and returns its tau.
SHARPLESS_INLINE double chase(double* band, int64_t p, double* v, double tau) {
  double* block = band + p * band_rows + b;  // its column c is at block + c * (band_rows - 1)
  Vector w[vectors];                         // tau B v
  for (int q = 0; q < vectors; q++) w[q] = at(block + q * lanes);
  for (int c = 1; c < b; c++) {
    const double* column = block + c * (band_rows - 1);
    for (int q = 0; q < vectors; q++) w[q] += at(column + q * lanes) * v[c];
  }
  for (int q = 0; q < vectors; q++) w[q] *= tau;

  alignas(64) double u[b];
  for (int q = 0; q < vectors; q++) at(u + q * lanes) = at(block + q * lanes) - w[q];
  double beta, next_tau = reflection(u, beta);
  std::memset(block, 0, b * sizeof(double));
  block[0] = beta;
  for (int c = 1; c < b; c++) {
    double* column = block + c * (band_rows - 1);
    Vector x[vectors], across = {};
    for (int q = 0; q < vectors; q++) {
      x[q] = at(column + q * lanes) - w[q] * v[c];
      across += x[q] * at(u + q * lanes);
    }
    double z = next_tau * sum(across);
    for (int q = 0; q < vectors; q++) at(column + q * lanes) = x[q] - at(u + q * lanes) * z;
  }

  reflect_both_sides(band + (p + b) * band_rows, u, next_tau);
  std::memcpy(v, u, sizeof u);
  return next_tau;
}

// Waits until the sweep before has gone two blocks further: the blocks of step k touch those of its steps up to k + 1.
void wait_for(const std::atomic<int64_t>& steps_done, int64_t steps) {
  for (int tries = 0; steps_done.load(std::memory_order_acquire) < steps; tries++) {
    if (tries > 10000) std::this_thread::yield();
  }
}

}  // namespace

void band_to_tridiagonal(double* band, int64_t order) {
  int64_t sweeps = std::max<int64_t>(order - 2, 0), groups = (sweeps + sweeps_per_group - 1) / sweeps_per_group;
  auto steps_of = [&](int64_t sweep) { return (order - 2 - sweep) / b + 1; };
  std::vector<std::atomic<int64_t>> steps_done(groups);  // of each group's last sweep
  for (auto& steps : steps_done) steps = 0;

  auto run_group = [&](int64_t group) {
    alignas(64) double v[sweeps_per_group][b];
    double tau[sweeps_per_group] = {};
    int64_t first = group * sweeps_per_group, count = std::min(sweeps_per_group, sweeps - first);
    // In wave t sweep j of the group takes its step t - 2j.
    int64_t waves = steps_of(first) + 2 * (count - 1);
    for (int64_t wave = 0; wave < waves; wave++) {
      if (group > 0 && wave < steps_of(first)) wait_for(steps_done[group - 1], wave + 2);
      int64_t step = 0;
      for (int64_t j = 0; j < count; j++) {
        step = wave - 2 * j;
        if (step < 0 || step >= steps_of(first + j)) continue;
        at_best_level([&]() SHARPLESS_LOOP {
          tau[j] = step == 0 ? begin_sweep(band, first + j, v[j])
                             : chase(band, first + j + 1 + (step - 1) * b, v[j], tau[j]);
        });
      }
      if (step >= 0) steps_done[group].store(step + 1, std::memory_order_release);
    }
    steps_done[group].store(INT64_MAX, std::memory_order_release);
  };
  std::atomic<int64_t> next{0};
  parallel_for(0, thread_count(), 1, [&](int64_t, int64_t) {
    for (int64_t group; (group = next.fetch_add(1)) < groups;) run_group(group);
  });
}

}  // namespace sharpless
