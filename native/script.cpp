// TorchScript modules: loaded by libtorch, run on one batch of images.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>
#include <vector>

#include "guard.h"

namespace sharpless {
namespace {

namespace jit = torch::jit;

struct Script {
  jit::Module module;
  std::vector<c10::IValue> defaults;  // of what forward takes after the images
};

at::Tensor tensor_of(const c10::IValue& value) {
  if (value.isTensor()) return value.toTensor();
  if (value.isTuple() && !value.toTupleRef().elements().empty()) return tensor_of(value.toTupleRef().elements()[0]);
  if (value.isTensorList() && value.toTensorList().size() > 0) return value.toTensorList().get(0);
  TORCH_CHECK(false, "it returns a ", value.tagKind(), ", not a tensor or a tuple that begins with one");
}

// Numbers of two bytes become float32, which holds each of them: on a processor most operators know no others, and
// images are float32.
void widen(const jit::Module& module) {
  const at::NoGradGuard no_gradient;
  for (const jit::Module& part : module.modules()) {
    for (const auto& attribute : part.named_attributes(/*recurse=*/false)) {
      if (!attribute.value.isTensor()) continue;
      at::Tensor tensor = attribute.value.toTensor();
      if (!tensor.defined()) continue;
      if (tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16)
        tensor.set_data(tensor.to(at::kFloat));
    }
  }
}

Script* load(const char* path, int32_t device_type, int32_t device_index) {
  const c10::Device device(static_cast<c10::DeviceType>(device_type),
                           static_cast<c10::DeviceIndex>(device_type == 0 ? -1 : device_index));
  auto script = std::make_unique<Script>();
  script->module = jit::load(path, device);
  script->module.eval();
  widen(script->module);
  const jit::Method forward = script->module.get_method("forward");
  const auto& arguments = forward.function().getSchema().arguments();
  TORCH_CHECK(arguments.size() >= 2, "forward takes no argument, expected a batch of images");
  for (size_t i = 2; i < arguments.size(); ++i) {
    TORCH_CHECK(arguments[i].default_value().has_value(), "forward needs '", arguments[i].name(),
                "' beside the images");
    script->defaults.push_back(*arguments[i].default_value());
  }
  return script.release();
}

at::Tensor run(Script& script, const at::Tensor& images) {
  std::vector<c10::IValue> arguments{images};
  arguments.insert(arguments.end(), script.defaults.begin(), script.defaults.end());
  return tensor_of(script.module.forward(std::move(arguments)));
}

}  // namespace
}  // namespace sharpless

using sharpless::borrow;
using sharpless::guarded;
using sharpless::hand_out;

sharpless_status sharpless_script_load(const char* path, int32_t device_type, int32_t device_index,
                                       sharpless_script* script) noexcept {
  return guarded([&] { *script = sharpless::load(path, device_type, device_index); });
}

void sharpless_script_free(sharpless_script script) noexcept { delete static_cast<sharpless::Script*>(script); }

sharpless_status sharpless_script_run(sharpless_script script, sharpless_tensor images,
                                      sharpless_tensor* output) noexcept {
  return guarded([&] { *output = hand_out(sharpless::run(*static_cast<sharpless::Script*>(script), borrow(images))); });
}
