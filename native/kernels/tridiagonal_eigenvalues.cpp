// QL iteration with implicit shifts on the squares of the subdiagonal, without square roots in its loop: the method of
// Pal, Walker and Kahan as Parlett gives it (The Symmetric Eigenvalue Problem, 1998, section 8.15).
//
// A pass over rows first ... last carries a rotation from the bottom up. With the shift taken off, c and s are the
// squares of its cosine and sine, gamma the element that it meets on the diagonal, and p = gamma^2 / c:
//
//     r = p + squares[i],  squares[i + 1] = s r,  c = p / r,  s = squares[i] / r
//     gamma' = c (d[i] - shift) - s gamma,  d[i + 1] = gamma + d[i] - gamma'

#include "kernels/tridiagonal_eigenvalues.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace sharpless {
namespace {

/// Wilkinson's shift: the eigenvalue of the two rows [d, e; e, next] that is nearer to d.
double shift_of(double d, double next, double square) {
  const double e = std::sqrt(square), half = (next - d) / (2 * e);
  return d - e / (half + std::copysign(std::hypot(half, 1.0), half));
}

void pass(double* d, double* squares, int64_t first, int64_t last) {
  const double shift = shift_of(d[first], d[first + 1], squares[first]);
  double c = 1, s = 0, gamma = d[last] - shift, p = gamma * gamma;
  for (int64_t i = last - 1; i >= first; --i) {
    const double square = squares[i], r = p + square;
    if (i != last - 1) squares[i + 1] = s * r;
    const double c_before = c, gamma_before = gamma;
    c = p / r;
    s = square / r;
    gamma = c * (d[i] - shift) - s * gamma_before;
    d[i + 1] = gamma_before + (d[i] - gamma);
    p = c != 0 ? gamma * gamma / c : c_before * square;
  }
  squares[first] = s * p;
  d[first] = shift + gamma;
}

/// Both eigenvalues of two rows that stand alone: the larger in magnitude first, the other from their product.
void solve_two(double* d, double square) {
  const double sum = d[0] + d[1], difference = d[1] - d[0];
  const double root = std::sqrt(difference * difference + 4 * square);
  const double larger = 0.5 * (sum + std::copysign(root, sum));
  const double product = d[0] * d[1] - square;
  d[1] = larger;
  d[0] = larger != 0 ? product / larger : 0;
}

}  // namespace

void tridiagonal_eigenvalues(double* d, double* squares, int64_t order) {
  double largest = 0;
  for (int64_t i = 0; i < order; ++i) largest = std::max(largest, std::fabs(d[i]));
  for (int64_t i = 0; i + 1 < order; ++i) largest = std::max(largest, std::sqrt(squares[i]));
  // What is this small changes no eigenvalue by more than a rounding of the largest one: such a matrix is as near to
  // the given one as the stages before could come.
  const double epsilon = std::numeric_limits<double>::epsilon();
  const double negligible = epsilon * largest / 4 * (epsilon * largest / 4);
  const auto separates = [&](int64_t i) {
    return squares[i] <= std::max(negligible, epsilon * epsilon * std::fabs(d[i] * d[i + 1]));
  };

  int64_t passes = 100 * order;
  for (int64_t first = 0; first < order;) {
    int64_t last = first;
    while (last + 1 < order && !separates(last)) ++last;
    // The pass finds the eigenvalue at its upper end, and soonest if the elements there are the small ones.
    if (std::fabs(d[last]) < std::fabs(d[first])) {
      std::reverse(d + first, d + last + 1);
      std::reverse(squares + first, squares + last);
    }
    const int64_t end = last + 1;
    while (first < end) {
      last = first;
      while (last + 1 < end && !separates(last)) ++last;
      if (last == first) {
        ++first;
      } else if (last == first + 1) {
        solve_two(d + first, squares[first]);
        first += 2;
      } else {
        if (--passes < 0) throw std::runtime_error("the iteration for the eigenvalues did not converge");
        pass(d, squares, first, last);
        // Would never separate.
        if (!std::isfinite(d[first])) throw std::runtime_error("the iteration for the eigenvalues left the numbers");
      }
    }
  }
  std::sort(d, d + order);
}

}  // namespace sharpless
