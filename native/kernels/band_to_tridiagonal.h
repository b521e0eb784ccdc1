// Second stage of the two-stage reduction of a symmetric matrix: band -> tridiagonal.

#pragma once

#include <cstdint>

#include "kernels.h"

namespace sharpless {

// Width of the band below the diagonal: wide enough for fast matrix products in the first stage, narrow enough for a
// block of the second stage to stay in the first-level cache.
constexpr int bandwidth = SHARPLESS_BANDWIDTH;

// A column of the band holds rows r = c ... c + 2 * bandwidth - 1 of column c; the lower half is room for what the
// chase fills in.
constexpr int64_t band_rows = 2 * bandwidth;

// Doubles that a band of this order needs, with the zero columns beyond the last one and the readable ones before the
// first.
constexpr int64_t band_lead = 8;
constexpr int64_t band_size(int64_t order) { return band_lead + (order + bandwidth + 1) * band_rows; }

// Reduces the band in place by orthogonal similarity; afterwards rows 0 and 1 of its columns are diagonal and
// subdiagonal. `band` is the first column, band_lead doubles into memory of band_size(order); what lies outside the
// band must be zero. The result does not depend on the number of threads.
void band_to_tridiagonal(double* band, int64_t order);

}  // namespace sharpless
