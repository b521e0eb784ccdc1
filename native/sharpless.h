// The door between C# and libtorch: a C interface, the same for every libtorch version.
//
// Rules. Every function that can fail returns a status: 0 for success, else sharpless_last_error() tells what happened
// (text of this thread, valid until its next failing call). Integers have fixed width, there is no bool and no size_t.
// A tensor handle owns one reference to a tensor; null stands for "no tensor". Functions borrow the handles they are
// given; handles that they hand out belong to the caller, who ends them with sharpless_tensor_free.
// The library prints nothing.
#pragma once
#include <stdint.h>

#define SHARPLESS_ABI 2

#ifdef __cplusplus
#define SHARPLESS_EXPORT extern "C" __attribute__((visibility("default")))
#define SHARPLESS_NOEXCEPT noexcept
#else
#define SHARPLESS_EXPORT
#define SHARPLESS_NOEXCEPT
#endif

typedef int32_t sharpless_status;
typedef void* sharpless_tensor;
typedef void* sharpless_operator;
typedef void* sharpless_generator;
typedef void* sharpless_script;

// What an argument or a result of an operator is.
enum sharpless_kind {
  SHARPLESS_NONE = 0,
  SHARPLESS_TENSOR = 1,            // value: tensor handle, null for an undefined tensor
  SHARPLESS_INTEGER = 2,           // value: the integer; also types, layouts, memory formats
  SHARPLESS_DOUBLE = 3,            // value: bits of the double
  SHARPLESS_BOOLEAN = 4,           // value: 0 or 1
  SHARPLESS_INTEGERS = 5,          // value: address of length int64_t
  SHARPLESS_DOUBLES = 6,           // value: address of length double
  SHARPLESS_TENSORS = 7,           // value: address of length tensor handles
  SHARPLESS_OPTIONAL_TENSORS = 8,  // the same; null handles become None
  SHARPLESS_STRING = 9,            // value: address of length bytes of UTF-8
  SHARPLESS_DEVICE = 10,           // value: device index, length: device type
  SHARPLESS_GENERATOR = 11,        // value: generator handle
};

typedef struct sharpless_value {
  int32_t kind;
  int32_t length;
  int64_t value;
} sharpless_value;

typedef struct sharpless_description {
  int32_t scalar_type;
  int32_t device_type;
  int32_t device_index;
  int32_t dimensions;
  int32_t requires_gradient;
  int32_t is_leaf;
  int64_t sizes[16];
  int64_t strides[16];
} sharpless_description;

// The library itself. The text of sharpless_libtorch lives as long as the library.
SHARPLESS_EXPORT int32_t sharpless_abi(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT const char* sharpless_libtorch_built_for(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT const char* sharpless_libtorch_found(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT const char* sharpless_configuration(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT const char* sharpless_last_error(void) SHARPLESS_NOEXCEPT;

// Threads, devices, random numbers.
SHARPLESS_EXPORT int32_t sharpless_threads(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_set_threads(int32_t threads) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT int32_t sharpless_cuda_devices(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_cuda_synchronize(int32_t device) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT int32_t sharpless_cpu_has_bfloat16(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_seed(int64_t seed) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_generator_new(int64_t seed,
                                                          sharpless_generator* generator) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT void sharpless_generator_free(sharpless_generator generator) SHARPLESS_NOEXCEPT;
// A null generator stands for libtorch's default one of the CPU.
SHARPLESS_EXPORT sharpless_status sharpless_generator_state(sharpless_generator generator,
                                                            sharpless_tensor* state) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_generator_set_state(sharpless_generator generator,
                                                                sharpless_tensor state) SHARPLESS_NOEXCEPT;

// Tensors: lifetime and access.
SHARPLESS_EXPORT void sharpless_tensor_free(sharpless_tensor tensor) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT int64_t sharpless_tensor_live(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_tensor_alias(sharpless_tensor tensor,
                                                         sharpless_tensor* alias) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_tensor_describe(sharpless_tensor tensor,
                                                            sharpless_description* description) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_tensor_data(sharpless_tensor tensor, void** data) SHARPLESS_NOEXCEPT;

// Autograd.
SHARPLESS_EXPORT int32_t sharpless_gradient_mode(void) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT void sharpless_set_gradient_mode(int32_t on) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_tensor_set_requires_gradient(sharpless_tensor tensor,
                                                                         int32_t on) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_tensor_gradient(sharpless_tensor tensor,
                                                            sharpless_tensor* gradient) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_tensor_set_gradient(sharpless_tensor tensor,
                                                                sharpless_tensor gradient) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_backward(sharpless_tensor root, sharpless_tensor gradient,
                                                     int32_t keep_graph) SHARPLESS_NOEXCEPT;
// gradients: room for `inputs` handles; an input that the output does not depend on gets null.
SHARPLESS_EXPORT sharpless_status sharpless_gradients(sharpless_tensor output, sharpless_tensor output_gradient,
                                                      const sharpless_tensor* input, int32_t inputs,
                                                      int32_t create_graph,
                                                      sharpless_tensor* gradients) SHARPLESS_NOEXCEPT;

// TorchScript modules.
SHARPLESS_EXPORT sharpless_status sharpless_script_load(const char* path, int32_t device_type, int32_t device_index,
                                                        sharpless_script* script) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT void sharpless_script_free(sharpless_script script) SHARPLESS_NOEXCEPT;
// output: the first tensor of what forward returns.
SHARPLESS_EXPORT sharpless_status sharpless_script_run(sharpless_script script, sharpless_tensor images,
                                                       sharpless_tensor* output) SHARPLESS_NOEXCEPT;

// Operators, by name through libtorch's dispatcher. Missing trailing arguments take the schema's defaults.
// Tensor lists among the results are laid flat, one result a tensor.
SHARPLESS_EXPORT sharpless_status sharpless_operator_find(const char* name, const char* overload,
                                                          sharpless_operator* found) SHARPLESS_NOEXCEPT;
SHARPLESS_EXPORT sharpless_status sharpless_operator_call(sharpless_operator called, const sharpless_value* arguments,
                                                          int32_t argument_count, sharpless_value* results,
                                                          int32_t result_capacity,
                                                          int32_t* result_count) SHARPLESS_NOEXCEPT;
