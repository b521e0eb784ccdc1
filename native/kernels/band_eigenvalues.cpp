// The last two of three stages: dense -> band -> tridiagonal -> eigenvalues (Haidar, Ltaief, Dongarra 2011).

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "kernels/band_to_tridiagonal.h"
#include "kernels/parallel.h"
#include "kernels/tridiagonal_eigenvalues.h"

using namespace sharpless;

int32_t sharpless_band_eigenvalues(int64_t order, const double* matrix, int64_t row, double* eigenvalues) noexcept {
  return guarded_kernel([&] {
    std::vector<double> memory(band_size(order));
    double* band = memory.data() + band_lead;
    // Row i of the upper triangle is column i of the lower one.
    for (int64_t i = 0; i < order; ++i) {
      const double* from = matrix + i * row + i;
      std::copy(from, from + std::min<int64_t>(bandwidth + 1, order - i), band + i * band_rows);
    }
    band_to_tridiagonal(band, order);

    std::vector<double> squares(std::max<int64_t>(order - 1, 0));
    for (int64_t i = 0; i < order; ++i) {
      const double diagonal = band[i * band_rows], below = i + 1 < order ? band[i * band_rows + 1] : 0;
      // Not so where an element of the band was not: every reflection spreads it.
      if (!std::isfinite(diagonal) || !std::isfinite(below * below))
        throw std::runtime_error("an element of the matrix is not finite");
      eigenvalues[i] = diagonal;
      if (i + 1 < order) squares[i] = below * below;
    }
    tridiagonal_eigenvalues(eigenvalues, squares.data(), order);
  });
}
