// Gram matrices and eigenvalues in float64, for spectra of feature matrices.
//
// libtorch multiplies whole matrices and reduces symmetric ones to tridiagonal form in one stage. A Gram matrix needs
// only half the products (BLAS dsyrk), and the two-stage reduction (dense -> band -> tridiagonal; Haidar, Ltaief,
// Dongarra 2011) does nearly all of its work in matrix products. The BLAS and LAPACK that libtorch stands on have both,
// when they are shared libraries; where they are not to be found, libtorch's own operators do the same work in more
// time.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/library.h>

#include <algorithm>
#include <cstdint>

#include "kernels/band_to_tridiagonal.h"

namespace {

using Syrk = void (*)(const char* uplo, const char* trans, const int* n, const int* k, const double* alpha,
                      const double* a, const int* lda, const double* beta, double* c, const int* ldc);
using DenseToBand = void (*)(const char* uplo, const int* n, const int* kd, double* a, const int* lda, double* ab,
                             const int* ldab, double* tau, double* work, const int* lwork, int* info);
using TridiagonalEigenvalues = void (*)(const int* n, double* d, double* e, int* info);

// A Fortran routine: from what libtorch has loaded, else from the system's library of that name, else null.
template <typename Function>
Function find(const char* symbol, const char* library) {
  if (void* loaded = dlsym(RTLD_DEFAULT, symbol)) return reinterpret_cast<Function>(loaded);
  void* handle = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  return handle ? reinterpret_cast<Function>(dlsym(handle, symbol)) : nullptr;
}

struct Routines {
  Syrk syrk = find<Syrk>("dsyrk_", "libblas.so.3");
  DenseToBand dense_to_band = find<DenseToBand>("dsytrd_sy2sb_", "liblapack.so.3");
  TridiagonalEigenvalues tridiagonal_eigenvalues = find<TridiagonalEigenvalues>("dsterf_", "liblapack.so.3");

  bool two_stage() const { return dense_to_band && tridiagonal_eigenvalues; }
};

const Routines& routines() {
  static const Routines found;
  return found;
}

// The routines count elements in 32 bits.
constexpr int64_t largest_order = 46340;
// Below this order libtorch's one-stage reduction is as fast; measured on two cores with OpenBLAS 0.3.21.
constexpr int64_t two_stage_from = 2048;

void check_gram(const at::Tensor& gram, const at::Tensor& panel) {
  TORCH_CHECK(gram.dim() == 2 && gram.size(0) == gram.size(1) && gram.is_contiguous(),
              "gram must be a contiguous square matrix, but is ", gram.sizes());
  TORCH_CHECK(panel.dim() == 2 && panel.size(1) == gram.size(0), "panel must be [any, ", gram.size(0),
              "] to go with gram ", gram.sizes(), ", but is ", panel.sizes());
  TORCH_CHECK(gram.scalar_type() == at::kDouble && panel.scalar_type() == at::kDouble,
              "gram and panel must be float64, but are ", gram.scalar_type(), " and ", panel.scalar_type());
}

void check_symmetric(const at::Tensor& matrix) {
  TORCH_CHECK(matrix.dim() == 2 && matrix.size(0) == matrix.size(1) && matrix.is_contiguous() &&
                  matrix.scalar_type() == at::kDouble,
              "symmetric_eigenvalues expects a contiguous square float64 matrix, but is given ", matrix.sizes(), " of ",
              matrix.scalar_type());
}

void gram_accumulate(at::Tensor& gram, const at::Tensor& panel) {
  check_gram(gram, panel);
  gram.addmm_(panel.t(), panel);
}

at::Tensor symmetric_eigenvalues(at::Tensor& matrix) {
  check_symmetric(matrix);
  return at::linalg_eigvalsh(matrix, "U");
}

void gram_accumulate_cpu(at::Tensor& gram, const at::Tensor& panel) {
  check_gram(gram, panel);
  int64_t order = gram.size(0), added = panel.size(0);
  if (!routines().syrk || order > largest_order || added > largest_order) return gram_accumulate(gram, panel);
  if (order == 0 || added == 0) return;

  // Column by column, as Fortran reads memory, a row-major panel is its own transpose: gram += A A^T with A = [order,
  // added]. A transposed view (the panel was stored by columns) is the other case, and needs no copy either.
  bool by_columns =
      panel.stride(0) == 1 && panel.stride(1) >= std::max<int64_t>(added, 1) && panel.stride(1) <= INT32_MAX;
  at::Tensor stored = by_columns ? panel : panel.contiguous();
  int n = static_cast<int>(order), k = static_cast<int>(added),
      lda = static_cast<int>(by_columns ? panel.stride(1) : order);
  double one = 1;
  // Fortran's lower triangle is the upper one of the row-major matrix; the other stays as it is.
  routines().syrk("L", by_columns ? "T" : "N", &n, &k, &one, stored.data_ptr<double>(), &lda, &one,
                  gram.data_ptr<double>(), &n);
}

at::Tensor symmetric_eigenvalues_cpu(at::Tensor& matrix) {
  check_symmetric(matrix);
  int64_t order = matrix.size(0);
  if (!routines().two_stage() || order < two_stage_from || order > largest_order) return symmetric_eigenvalues(matrix);

  int n = static_cast<int>(order), kd = sharpless::bandwidth, ldab = sharpless::band_rows, info = 0, query = -1;
  double* a = matrix.data_ptr<double>();
  at::Tensor columns = at::zeros({sharpless::band_size(order)}, matrix.options()),
             reflectors = at::empty({order}, matrix.options());
  double *band = columns.data_ptr<double>() + sharpless::band_lead, *tau = reflectors.data_ptr<double>();
  double work_size = 0;
  routines().dense_to_band("L", &n, &kd, a, &n, band, &ldab, tau, &work_size, &query, &info);
  int lwork = static_cast<int>(work_size);
  at::Tensor work = at::empty({lwork}, matrix.options());
  routines().dense_to_band("L", &n, &kd, a, &n, band, &ldab, tau, work.data_ptr<double>(), &lwork, &info);
  TORCH_CHECK(info == 0, "LAPACK dsytrd_sy2sb ended with info ", info);

  sharpless::band_to_tridiagonal(band, order, at::get_num_threads());

  at::Tensor diagonal = at::empty({order}, matrix.options()), subdiagonal = at::empty({order}, matrix.options());
  double *d = diagonal.data_ptr<double>(), *e = subdiagonal.data_ptr<double>();
  for (int64_t i = 0; i < order; i++) {
    d[i] = band[i * sharpless::band_rows];
    e[i] = band[i * sharpless::band_rows + 1];
  }
  routines().tridiagonal_eigenvalues(&n, d, e, &info);
  TORCH_CHECK(info == 0, "LAPACK dsterf did not converge: info ", info, ". Is every element finite?");
  return diagonal;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(sharpless, m) {
  // gram += panel^T panel, upper triangle at least: gram [P, P], panel [any, P], both float64.
  m.def("gram_accumulate(Tensor(a!) gram, Tensor panel) -> ()");
  // Eigenvalues [P], ascending, of the symmetric matrix whose upper triangle is given. The matrix is used as working
  // memory.
  m.def("symmetric_eigenvalues(Tensor(a!) matrix) -> Tensor");
}

TORCH_LIBRARY_IMPL(sharpless, CompositeExplicitAutograd, m) {
  m.impl("gram_accumulate", gram_accumulate);
  m.impl("symmetric_eigenvalues", symmetric_eigenvalues);
}

TORCH_LIBRARY_IMPL(sharpless, CPU, m) {
  m.impl("gram_accumulate", gram_accumulate_cpu);
  m.impl("symmetric_eigenvalues", symmetric_eigenvalues_cpu);
}
