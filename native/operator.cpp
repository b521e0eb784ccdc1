// One generic call: any operator of libtorch (or of our kernels), looked up by name and called boxed.
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <cstring>
#include <sstream>

#include "guard.h"

namespace sharpless {
namespace {

using c10::IValue;

template <typename Item>
c10::ArrayRef<Item> items(const sharpless_value& value) {
  return {reinterpret_cast<const Item*>(value.value), static_cast<size_t>(value.length)};
}

IValue to_ivalue(const sharpless_value& value) {
  switch (value.kind) {
    case SHARPLESS_NONE:
      return {};
    case SHARPLESS_TENSOR:
      return borrow(reinterpret_cast<sharpless_tensor>(value.value));
    case SHARPLESS_INTEGER:
      return value.value;
    case SHARPLESS_DOUBLE: {
      double number;
      std::memcpy(&number, &value.value, sizeof number);
      return number;
    }
    case SHARPLESS_BOOLEAN:
      return value.value != 0;
    case SHARPLESS_INTEGERS:
      return c10::List<int64_t>(items<int64_t>(value));
    case SHARPLESS_DOUBLES:
      return c10::List<double>(items<double>(value));
    case SHARPLESS_TENSORS: {
      c10::List<at::Tensor> list;
      for (sharpless_tensor tensor : items<sharpless_tensor>(value)) list.push_back(borrow(tensor));
      return list;
    }
    case SHARPLESS_OPTIONAL_TENSORS: {
      c10::List<c10::optional<at::Tensor>> list;
      for (sharpless_tensor tensor : items<sharpless_tensor>(value)) {
        list.push_back(tensor == nullptr ? c10::optional<at::Tensor>() : borrow(tensor));
      }
      return list;
    }
    case SHARPLESS_STRING:
      return std::string(reinterpret_cast<const char*>(value.value), static_cast<size_t>(value.length));
    case SHARPLESS_DEVICE:
      return c10::Device(static_cast<c10::DeviceType>(value.length), static_cast<c10::DeviceIndex>(value.value));
    case SHARPLESS_GENERATOR:
      return *reinterpret_cast<at::Generator*>(value.value);
    default:
      TORCH_CHECK(false, "argument of unknown kind ", value.kind);
  }
}

class Results {
 public:
  Results(sharpless_value* room, int32_t capacity) : room_(room), capacity_(capacity) {}

  void add(const IValue& value) {
    if (value.isTensor()) {
      put(SHARPLESS_TENSOR, reinterpret_cast<int64_t>(hand_out(value.toTensor())));
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) {
        put(SHARPLESS_TENSOR, reinterpret_cast<int64_t>(hand_out(tensor)));
      }
    } else if (value.isInt()) {
      put(SHARPLESS_INTEGER, value.toInt());
    } else if (value.isBool()) {
      put(SHARPLESS_BOOLEAN, value.toBool());
    } else if (value.isDouble()) {
      const double number = value.toDouble();
      int64_t bits;
      std::memcpy(&bits, &number, sizeof bits);
      put(SHARPLESS_DOUBLE, bits);
    } else if (value.isScalar()) {
      add(IValue(value.toScalar().toDouble()));
    } else {
      TORCH_CHECK(value.isNone(), "a result of type ", value.tagKind(), ", which the door does not carry");
      put(SHARPLESS_NONE, 0);
    }
  }

  // Frees what was handed out before a later result failed.
  void take_back() noexcept {
    for (int32_t i = 0; i < count_; ++i) {
      if (room_[i].kind == SHARPLESS_TENSOR) sharpless_tensor_free(reinterpret_cast<sharpless_tensor>(room_[i].value));
    }
    count_ = 0;
  }

  int32_t count() const { return count_; }

 private:
  void put(int32_t kind, int64_t value) {
    if (count_ == capacity_) {
      if (kind == SHARPLESS_TENSOR) sharpless_tensor_free(reinterpret_cast<sharpless_tensor>(value));
      TORCH_CHECK(false, "more results than the ", capacity_, " that were expected");
    }
    room_[count_++] = {kind, 0, value};
  }

  sharpless_value* room_;
  int32_t capacity_;
  int32_t count_ = 0;
};

std::string shape_of(sharpless_tensor handle) {
  if (handle == nullptr) return "none";
  const at::Tensor tensor = borrow(handle);
  std::ostringstream text;
  text << tensor.sizes() << ' ' << tensor.scalar_type();
  if (!tensor.is_cpu()) text << ' ' << tensor.device();
  return text.str();
}

// Names the operator and the shapes of what it was given: the two things an error of libtorch leaves out.
std::string explain(const c10::OperatorHandle& called, const sharpless_value* arguments, int32_t count) {
  std::ostringstream text;
  text << called.operator_name() << '(';
  const char* separator = "";
  for (int32_t i = 0; i < count; ++i) {
    if (arguments[i].kind == SHARPLESS_TENSOR) {
      text << separator << shape_of(reinterpret_cast<sharpless_tensor>(arguments[i].value));
    } else if (arguments[i].kind == SHARPLESS_TENSORS || arguments[i].kind == SHARPLESS_OPTIONAL_TENSORS) {
      text << separator << '{';
      const char* inner = "";
      for (sharpless_tensor tensor : items<sharpless_tensor>(arguments[i])) {
        text << inner << shape_of(tensor);
        inner = ", ";
      }
      text << '}';
    } else {
      continue;
    }
    separator = ", ";
  }
  text << ')';
  return text.str();
}

void call(const c10::OperatorHandle& called, const sharpless_value* arguments, int32_t argument_count,
          sharpless_value* results, int32_t result_capacity, int32_t* result_count) {
  const auto& declared = called.schema().arguments();
  TORCH_CHECK(static_cast<size_t>(argument_count) <= declared.size(), "takes ", declared.size(),
              " arguments, was given ", argument_count);
  torch::jit::Stack stack;
  stack.reserve(declared.size());
  for (int32_t i = 0; i < argument_count; ++i) stack.push_back(to_ivalue(arguments[i]));
  for (size_t i = static_cast<size_t>(argument_count); i < declared.size(); ++i) {
    TORCH_CHECK(declared[i].default_value().has_value(), "argument '", declared[i].name(), "' is missing");
    stack.push_back(*declared[i].default_value());
  }
  called.callBoxed(&stack);
  Results out(results, result_capacity);
  try {
    for (const IValue& value : stack) out.add(value);
  } catch (...) {
    out.take_back();
    throw;
  }
  *result_count = out.count();
}

}  // namespace
}  // namespace sharpless

using sharpless::guarded;

sharpless_status sharpless_operator_find(const char* name, const char* overload, sharpless_operator* found) noexcept {
  return guarded([&] {
    const auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    TORCH_CHECK(handle.has_value(), "this libtorch has no operator '", name, *overload ? "." : "", overload, "'");
    *found = new c10::OperatorHandle(*handle);  // found once for each name, kept for the life of the process
  });
}

sharpless_status sharpless_operator_call(sharpless_operator called, const sharpless_value* arguments,
                                         int32_t argument_count, sharpless_value* results, int32_t result_capacity,
                                         int32_t* result_count) noexcept {
  const auto& handle = *static_cast<c10::OperatorHandle*>(called);
  const sharpless_status status =
      guarded([&] { sharpless::call(handle, arguments, argument_count, results, result_capacity, result_count); });
  if (status != 0) {
    guarded([&] {
      sharpless::remember_error(sharpless::explain(handle, arguments, argument_count) + ": " + sharpless_last_error());
    });
  }
  return status;
}
