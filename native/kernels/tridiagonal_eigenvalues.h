// Third stage: eigenvalues of a symmetric tridiagonal matrix.

#pragma once

#include <cstdint>

namespace sharpless {

/// diagonal [order] becomes the eigenvalues, ascending. squares [order - 1], those of the subdiagonal, are used up.
/// All are finite. Throws where a hundred passes for each eigenvalue are not enough.
void tridiagonal_eigenvalues(double* diagonal, double* squares, int64_t order);

}  // namespace sharpless
