// TorchScript modules: loaded by libtorch, run on one image batch, with the outputs of named submodules taken out of
// the same pass. TorchScript compiles hooks into the graph, so none can be added to a loaded module; instead the calls
// that lead to a wanted submodule are inlined into the graph of the whole, and what its call returns becomes one more
// output.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "guard.h"

namespace sharpless {
namespace {

namespace jit = torch::jit;

struct Script {
  jit::Module module;
  std::unique_ptr<jit::GraphExecutor> executor;
  std::vector<c10::IValue> defaults;  // of what forward takes after the images
  std::vector<int32_t> order;         // place among the watched names of each output after the first
};

// "layer1.0" where the value is that submodule of self, "" for self; false where it is no submodule.
bool path_of(const jit::Value* value, const jit::Value* self, std::string& path) {
  if (value == self) {
    path.clear();
    return true;
  }
  const jit::Node* node = value->node();
  if (node->kind() != c10::prim::GetAttr || !path_of(node->input(0), self, path)) return false;
  const std::string& name = node->s(c10::attr::name);
  path = path.empty() ? name : path + "." + name;
  return true;
}

void collect_calls(jit::Block* block, std::vector<jit::Node*>& calls) {
  for (jit::Node* node : block->nodes()) {
    if (node->kind() == c10::prim::CallMethod) calls.push_back(node);
    for (jit::Block* inner : node->blocks()) collect_calls(inner, calls);
  }
}

std::string some_names(const jit::Module& module) {
  std::string names;
  int shown = 0;
  for (const auto& item : module.named_modules()) {
    if (item.name.empty()) continue;
    if (++shown > 30) return names + ", ...";
    names += (names.empty() ? "" : ", ") + item.name;
  }
  return names.empty() ? "none (a frozen module has lost them)" : names;
}

bool has_submodule(const jit::Module& module, const std::string& name) {
  for (const auto& item : module.named_modules()) {
    if (item.name == name) return true;
  }
  return false;
}

jit::GraphFunction& callee(const jit::Node* call) {
  const auto type = call->input(0)->type()->expect<c10::ClassType>();
  return jit::toGraphFunction(type->getMethod(call->s(c10::attr::name)));
}

// Makes what the submodule's forward returns an output of the graph; of several calls the last.
void watch(jit::Graph& graph, const jit::Module& module, const std::string& name) {
  TORCH_CHECK(has_submodule(module, name), "the module has no submodule '", name, "'; it has ", some_names(module));
  for (;;) {
    std::vector<jit::Node*> calls;
    collect_calls(graph.block(), calls);
    jit::Node *found = nullptr, *on_the_way = nullptr;
    std::string path;
    for (jit::Node* call : calls) {
      if (!path_of(call->input(0), graph.inputs()[0], path)) continue;
      if (path == name && call->s(c10::attr::name) == "forward") found = call;
      if (path.empty() || (name.size() > path.size() && name.compare(0, path.size() + 1, path + ".") == 0))
        on_the_way = call;
    }
    if (on_the_way == nullptr || found != nullptr) {
      TORCH_CHECK(found != nullptr, "forward does not call the submodule '", name,
                  "' by itself, so its output cannot be read");
      TORCH_CHECK(found->owningBlock() == graph.block(), "the submodule '", name,
                  "' is called inside a condition or a loop, so its output cannot be read; name one around it");
      graph.registerOutput(found->output());
      return;
    }
    jit::inlineCallTo(on_the_way, &callee(on_the_way), /*inline_optimized_graph=*/false);
  }
}

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

Script* load(const char* path, int32_t device_type, int32_t device_index, const char* const* names, int32_t count) {
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
  const auto graph = jit::toGraphFunction(forward.function()).graph()->copy();
  // The outer before the inner: to read an inner one, the call of the outer one is dissolved.
  for (int32_t i = 0; i < count; ++i) script->order.push_back(i);
  std::stable_sort(script->order.begin(), script->order.end(),
                   [&](int32_t a, int32_t b) { return std::strlen(names[a]) < std::strlen(names[b]); });
  for (const int32_t i : script->order) watch(*graph, script->module, names[i]);
  script->executor = std::make_unique<jit::GraphExecutor>(graph, "forward");
  return script.release();
}

void run(Script& script, const at::Tensor& images, sharpless_tensor* outputs) {
  jit::Stack stack{script.module._ivalue(), images};
  stack.insert(stack.end(), script.defaults.begin(), script.defaults.end());
  script.executor->run(stack);
  std::vector<at::Tensor> results;
  for (const c10::IValue& value : stack) results.push_back(tensor_of(value));
  TORCH_CHECK(results.size() == script.order.size() + 1, "forward returned ", results.size(), " values");
  outputs[0] = hand_out(std::move(results[0]));
  for (size_t i = 0; i < script.order.size(); ++i) outputs[1 + script.order[i]] = hand_out(std::move(results[1 + i]));
}

}  // namespace
}  // namespace sharpless

using sharpless::borrow;
using sharpless::guarded;

sharpless_status sharpless_script_load(const char* path, int32_t device_type, int32_t device_index,
                                       const char* const* watched, int32_t count, sharpless_script* script) noexcept {
  return guarded([&] { *script = sharpless::load(path, device_type, device_index, watched, count); });
}

void sharpless_script_free(sharpless_script script) noexcept { delete static_cast<sharpless::Script*>(script); }

sharpless_status sharpless_script_run(sharpless_script script, sharpless_tensor images,
                                      sharpless_tensor* outputs) noexcept {
  return guarded([&] { sharpless::run(*static_cast<sharpless::Script*>(script), borrow(images), outputs); });
}
