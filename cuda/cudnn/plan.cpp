#include "cuda/cudnn/plan.hpp"

#include <algorithm>

#include "premix/core/error.hpp"
#include "premix/core/text.hpp"

namespace premix::cudnn {
namespace {

constexpr std::int64_t max_workspace_bytes = std::int64_t{256} << 20;

using Note = cudnnBackendNumericalNote_t;
constexpr std::int64_t max_notes = CUDNN_NUMERICAL_NOTE_TYPE_COUNT;

// Rejects nondeterministic engines, and engines less accurate than float sums of products in the given precision.
// Winograd tiles of 13 x 13 and Fourier transforms lose several bits of float.
bool fits(const std::vector<Note>& notes, Precision precision) {
  return std::none_of(notes.begin(), notes.end(), [&](Note note) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
      case CUDNN_NUMERICAL_NOTE_FFT:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
        return true;
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:  // means tf32 for float tensors
        return precision == Precision::float32;
      default:
        return false;
    }
  });
}

const char* text_of(Note note) {
  switch (note) {
    case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:
      return "tensor core";
    case CUDNN_NUMERICAL_NOTE_WINOGRAD:
      return "winograd";
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
      return "4x4 tiles";
    case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      return "6x6 tiles";
    default:
      return nullptr;
  }
}

std::string engine_text(std::int64_t index, const std::vector<Note>& notes) {
  std::vector<const char*> texts;
  for (const Note note : notes)
    if (const char* text = text_of(note)) texts.push_back(text);
  const std::string list = detail::joined(texts, ", ");
  return list.empty() ? concat("engine ", index) : concat("engine ", index, " (", list, ")");
}

std::vector<Descriptor> configurations(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  heuristics.finalize("asking the heuristics");
  const std::int64_t count = heuristics.count(CUDNN_ATTR_ENGINEHEUR_RESULTS);
  return heuristics.get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, count);
}

}  // namespace

std::string name_of(const Request& r) {
  const Conv2dSizes& s = r.sizes;
  const char* const pass = r.pass == Pass::forward         ? "forward"
                           : r.pass == Pass::backward_data ? "backward data"
                                                           : "backward weight";
  return concat("conv2d ", pass, r.residual ? " + residual" : "", r.bias ? " + bias" : "", r.relu ? " + relu" : "", ' ',
                s.images, 'x', s.height, 'x', s.width, 'x', s.channels, " -> ", s.out_channels, ", ", s.kernel, 'x',
                s.kernel, s.stride == 1 ? "" : concat(", stride ", s.stride), ", ", precision_name(r.precision));
}

Plan::Plan(cudnnHandle_t handle, const Request& request) : graph_(operation_graph(handle, request)) {
  std::string reason = "no engine fits";
  const auto take = [&](Descriptor& configuration) {
    const auto engines = configuration.get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
    const Descriptor& engine = engines.at(0);
    const auto notes = engine.get<Note>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, max_notes);
    if (!fits(notes, request.precision)) return false;
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
    plan.finalize("making a plan");
    workspace_bytes_ = plan.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
    if (workspace_bytes_ > max_workspace_bytes)
      throw Refused(concat(workspace_bytes_, " bytes of scratch memory needed"));
    engine_ = engine_text(engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX), notes);
    configuration_ = std::move(configuration);
    plan_ = std::move(plan);
    return true;
  };
  const auto tried = [&](auto&& attempt) {
    try {
      return attempt();
    } catch (const Refused& refused) {
      reason = refused.what();
      return false;
    }
  };
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    const bool taken = tried([&] {
      auto all = configurations(graph_.operations, mode);
      return std::any_of(all.begin(), all.end(), [&](Descriptor& one) { return tried([&] { return take(one); }); });
    });
    if (taken) return;
  }
  throw Refused(reason);
}

void Plan::execute(cudnnHandle_t handle, const Data& data, void* workspace) const {
  std::vector<std::int64_t> ids;
  std::vector<void*> pointers;
  const auto add = [&](TensorId id, const void* pointer) {
    if (pointer == nullptr) return;
    ids.push_back(static_cast<std::int64_t>(id));
    pointers.push_back(const_cast<void*>(pointer));  // cuDNN's inputs are not const
  };
  add(TensorId::left, data.left);
  add(TensorId::right, data.right);
  add(TensorId::result, data.result);
  add(TensorId::residual, data.residual);
  add(TensorId::bias, data.bias);
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, pointers);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace);
  pack.finalize("binding tensors");
  check(library().execute(handle, plan_->handle(), pack.handle()), "executing a plan");
}

}  // namespace premix::cudnn
