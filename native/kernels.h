// The contract of the kernels: a plain C interface over pointers, sizes and strides. They know nothing of libtorch;
// they run on the threads that the caller names, or on the calling thread alone.
//
// Rules. Every function that can fail returns 0 for success; else sharpless_kernels_error() tells what happened (text
// of this thread, valid until its next failing call). Memory is the caller's, before, during and after the call.
// Arguments are not checked: a shape that a kernel does not take is the caller's mistake. Results do not depend on the
// number of threads.
#pragma once
#include <stdint.h>

#define SHARPLESS_KERNELS_ABI 3

#ifdef __cplusplus
#define SHARPLESS_KERNEL extern "C" __attribute__((visibility("default")))
#define SHARPLESS_KERNEL_NOEXCEPT noexcept
#else
#define SHARPLESS_KERNEL
#define SHARPLESS_KERNEL_NOEXCEPT
#endif

// Types of elements, by libtorch's numbers.
enum { SHARPLESS_FLOAT32 = 6, SHARPLESS_BFLOAT16 = 15 };

SHARPLESS_KERNEL int32_t sharpless_kernels_abi(void) SHARPLESS_KERNEL_NOEXCEPT;
SHARPLESS_KERNEL const char* sharpless_kernels_error(void) SHARPLESS_KERNEL_NOEXCEPT;

// ---- threads

typedef void (*sharpless_range)(int64_t begin, int64_t end, void* context);

// Splits [begin, end) into parts of at least `grain`, runs them side by side and waits; 0 for success. The signature is
// that of libtorch's torch_parallel_for.
typedef int32_t (*sharpless_parallel_for)(int64_t begin, int64_t end, int64_t grain, sharpless_range run,
                                          void* context);
// How many threads there are; 0 for success. The signature is that of libtorch's torch_get_num_threads.
typedef int32_t (*sharpless_thread_count)(uint32_t* count);

// Whose threads the kernels run on from now on; null for none but the caller's.
SHARPLESS_KERNEL void sharpless_kernels_use_threads(sharpless_parallel_for parallel_for,
                                                    sharpless_thread_count count) SHARPLESS_KERNEL_NOEXCEPT;

// ---- convolution: bfloat16, no bias, groups or dilation, on CPUs with AVX512-BF16

// Images are NHWC, weights [out_channels][kernel_height][kernel_width][in_channels].
typedef struct {
  int64_t batch;
  int64_t in_height, in_width, in_channels;
  int64_t out_height, out_width, out_channels;
  int64_t kernel_height, kernel_width;
  int64_t stride, padding;
} sharpless_convolution_shape;

// 1 where this CPU can run the three functions below.
SHARPLESS_KERNEL int32_t sharpless_convolution_is_supported(void) SHARPLESS_KERNEL_NOEXCEPT;
// Any number of input channels; out_channels a multiple of 16.
SHARPLESS_KERNEL int32_t sharpless_convolution(const sharpless_convolution_shape* shape, const uint16_t* input,
                                               const uint16_t* weight, uint16_t* output) SHARPLESS_KERNEL_NOEXCEPT;
// out_channels even; in_channels a multiple of 16; padding < kernel.
SHARPLESS_KERNEL int32_t sharpless_convolution_to_input(const sharpless_convolution_shape* shape,
                                                        const uint16_t* gradient, const uint16_t* weight,
                                                        uint16_t* to_input) SHARPLESS_KERNEL_NOEXCEPT;
// out_channels a multiple of 16; in_channels too, or kernel_width * in_channels <= 16.
SHARPLESS_KERNEL int32_t sharpless_convolution_to_weight(const sharpless_convolution_shape* shape,
                                                         const uint16_t* gradient, const uint16_t* input,
                                                         uint16_t* to_weight) SHARPLESS_KERNEL_NOEXCEPT;

// ---- normalization; the elements named by `element` are float32 or bfloat16, everything of type float is float32

// A matrix [rows, channels], contiguous: [B, C], or [B, C, H, W] channels-last.
typedef struct {
  int64_t rows, channels;
  int32_t element;
  int32_t training;  // 1: statistics of the batch; 0: the running ones
  int32_t moves;     // 1: training also moves the running statistics
  int32_t reserved;  // 0
  double momentum, epsilon;
  double negative_slope;  // of the activation: 0 for ReLU, 1 for none
} sharpless_batch_norm_plan;

// sum = input + residual; activated = leaky_relu((sum - mean) * inverse * weight + bias), inverse = 1 / sqrt(variance +
// epsilon). Without a residual (null) sum is null too, and the input takes its place. mean and inverse [channels] are
// results.
SHARPLESS_KERNEL int32_t sharpless_batch_norm(const sharpless_batch_norm_plan* plan, const void* input,
                                              const void* residual, void* sum, const float* weight, const float* bias,
                                              float* running_mean, float* running_variance, void* activated,
                                              float* mean, float* inverse) SHARPLESS_KERNEL_NOEXCEPT;
// gradient_of_sum (what arrives at sum from elsewhere) and to_input may be null. to_input is the residual's too.
SHARPLESS_KERNEL int32_t sharpless_batch_norm_backward(const sharpless_batch_norm_plan* plan, const void* gradient,
                                                       const void* gradient_of_sum, const void* sum,
                                                       const float* weight, const float* bias, const float* mean,
                                                       const float* inverse, void* to_input, float* to_weight,
                                                       float* to_bias) SHARPLESS_KERNEL_NOEXCEPT;

// Over the last dimension of [rows, width]. means and inverses [rows] are results.
SHARPLESS_KERNEL int32_t sharpless_layer_norm(int32_t element, int64_t rows, int64_t width, double epsilon,
                                              const void* input, const float* scale, const float* shift, void* output,
                                              float* means, float* inverses) SHARPLESS_KERNEL_NOEXCEPT;
SHARPLESS_KERNEL int32_t sharpless_layer_norm_backward(int32_t element, int64_t rows, int64_t width,
                                                       const void* gradient, const void* input, const float* scale,
                                                       const float* means, const float* inverses, void* to_input,
                                                       float* to_scale, float* to_shift) SHARPLESS_KERNEL_NOEXCEPT;

// Images [examples, rows, channels], that is, channels-last; channels a multiple of groups.
typedef struct {
  int64_t examples, rows, channels, groups;
  int32_t element;
  int32_t reserved;  // 0
  double epsilon;
  double negative_slope;  // of the activation behind: 0 for ReLU, 1 for none
} sharpless_group_norm_plan;

// means and inverses [examples, channels] are results.
SHARPLESS_KERNEL int32_t sharpless_group_norm(const sharpless_group_norm_plan* plan, const void* input,
                                              const float* scale, const float* shift, void* output, float* means,
                                              float* inverses) SHARPLESS_KERNEL_NOEXCEPT;
SHARPLESS_KERNEL int32_t sharpless_group_norm_backward(const sharpless_group_norm_plan* plan, const void* gradient,
                                                       const void* input, const float* scale, const float* shift,
                                                       const float* means, const float* inverses, void* to_input,
                                                       float* to_scale, float* to_shift) SHARPLESS_KERNEL_NOEXCEPT;

// ---- GELU: exact, or with tanh's approximation

SHARPLESS_KERNEL int32_t sharpless_gelu(int32_t element, int32_t by_tanh, int64_t count, const void* input,
                                        void* output) SHARPLESS_KERNEL_NOEXCEPT;
SHARPLESS_KERNEL int32_t sharpless_gelu_backward(int32_t element, int32_t by_tanh, int64_t count, const void* gradient,
                                                 const void* input, void* to_input) SHARPLESS_KERNEL_NOEXCEPT;

// ---- attention: softmax(q k' / sqrt(width) + mask) v, head by head

// [batch, heads, rows, width] with steps in elements; the last dimension has step 1.
typedef struct {
  void* data;
  int64_t batch, head, row;
} sharpless_heads;

typedef struct {
  int64_t batch, heads, queries, keys, width, value_width;
  int32_t element;
  int32_t reserved;   // 0
  const float* mask;  // added to the products, or null; its steps:
  int64_t mask_batch, mask_head, mask_query, mask_key;
} sharpless_attention_plan;

SHARPLESS_KERNEL int32_t sharpless_attention(const sharpless_attention_plan* plan, const sharpless_heads* q,
                                             const sharpless_heads* k, const sharpless_heads* v,
                                             const sharpless_heads* output) SHARPLESS_KERNEL_NOEXCEPT;
SHARPLESS_KERNEL int32_t sharpless_attention_backward(const sharpless_attention_plan* plan,
                                                      const sharpless_heads* gradient, const sharpless_heads* q,
                                                      const sharpless_heads* k, const sharpless_heads* v,
                                                      const sharpless_heads* to_q, const sharpless_heads* to_k,
                                                      const sharpless_heads* to_v) SHARPLESS_KERNEL_NOEXCEPT;

// ---- weight space: one pass over flat vectors of `count` weights

// The master w, momentum, mean and square are float32. live [count] bytes, 1 or 0, or null for all: a pruned weight is
// never moved, and its momentum becomes 0.

SHARPLESS_KERNEL int32_t sharpless_squared_norm(int32_t element, int64_t count, const void* values, const uint8_t* live,
                                                double* norm) SHARPLESS_KERNEL_NOEXCEPT;
// point = cast(w + scale * gradient)
SHARPLESS_KERNEL int32_t sharpless_ascend(int32_t gradient_element, int32_t point_element, int64_t count,
                                          const float* master, const void* gradient, double scale, const uint8_t* live,
                                          void* point) SHARPLESS_KERNEL_NOEXCEPT;
// d = g + weight_decay * w; m = momentum_factor * m + d; w -= learning_rate * m; point = cast(w)
SHARPLESS_KERNEL int32_t sharpless_descend(int32_t gradient_element, int32_t point_element, int64_t count,
                                           float* master, const void* gradient, float* momentum, double learning_rate,
                                           double momentum_factor, double weight_decay, const uint8_t* live,
                                           void* point) SHARPLESS_KERNEL_NOEXCEPT;

// step_size = learning rate / (1 - beta1^t), root = sqrt(1 - beta2^t); weight decay is part of the gradient.
typedef struct {
  double step_size, beta1, beta2, root, epsilon, weight_decay;
} sharpless_adam;

SHARPLESS_KERNEL int32_t sharpless_descend_adam(int32_t gradient_element, int32_t point_element, int64_t count,
                                                const sharpless_adam* by, float* master, const void* gradient,
                                                float* mean, float* square, const uint8_t* live,
                                                void* point) SHARPLESS_KERNEL_NOEXCEPT;
// point = cast(w)
SHARPLESS_KERNEL int32_t sharpless_copy_to_point(int32_t point_element, int64_t count, const float* master,
                                                 void* point) SHARPLESS_KERNEL_NOEXCEPT;

// ---- eigenvalues of a symmetric band

// Width of the band above the diagonal.
enum { SHARPLESS_BANDWIDTH = 64 };

// The eigenvalues [order], ascending, of the symmetric matrix whose element (i, j), i <= j <= i + SHARPLESS_BANDWIDTH,
// is matrix[i * row + j], and 0 further from the diagonal. Squares of its elements must not overflow. Fails where an
// element is not finite.
SHARPLESS_KERNEL int32_t sharpless_band_eigenvalues(int64_t order, const double* matrix, int64_t row,
                                                    double* eigenvalues) SHARPLESS_KERNEL_NOEXCEPT;

// ---- numbers that TorchSharp hands to operators

typedef void (*sharpless_free)(void* scalar);

// How TorchSharp's bridge frees one; to be told before the next function is called.
SHARPLESS_KERNEL void sharpless_free_scalars_by(sharpless_free function) SHARPLESS_KERNEL_NOEXCEPT;
// Takes the place of the bridge's function of this name: frees the number that came 65,536 calls before.
SHARPLESS_KERNEL void THSTorch_dispose_scalar(void* scalar) SHARPLESS_KERNEL_NOEXCEPT;
