#include "cudnn.hpp"

#include <algorithm>
#include <exception>

#include "cudnn_object.hpp"
#include "device_memory.hpp"

// Simulates cuDNN: the part of its graph API that convolutions use. Setting an attribute checks the type of the
// descriptor, and the type and count of the attribute. Finalizing a descriptor checks the required attributes. A graph
// runs as loops over dimensions and strides, in the shim's device memory.

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

namespace shim {
namespace {

std::int64_t workspace_of(std::int64_t engine) { return engine == engine::greedy ? std::int64_t{1} << 40 : 1000; }

std::vector<std::int64_t> offered(cudnnBackendHeurMode_t mode) {
  if (!cudnn().has_engines) return {};
  if (mode == CUDNN_HEUR_MODE_FALLBACK) return {engine::nondeterministic, engine::fallback};
  if (!cudnn().heuristics_offer) return {engine::does_not_finalize};
  return {engine::nondeterministic, engine::narrowing, engine::does_not_finalize, engine::tensor_core, engine::greedy,
          engine::fourier,          engine::good};
}

std::vector<cudnnBackendNumericalNote_t> notes_of(std::int64_t engine) {
  switch (engine) {
    case engine::nondeterministic:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC};
    case engine::narrowing:
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS};
    case engine::tensor_core:
      return {CUDNN_NUMERICAL_NOTE_TENSOR_CORE};
    case engine::fourier:
      return {CUDNN_NUMERICAL_NOTE_FFT};
    case engine::good:
      return {CUDNN_NUMERICAL_NOTE_WINOGRAD};
    default:
      return {};
  }
}

cudnnStatus_t finalize(Object& object) {
  if (const cudnnStatus_t status = check_attributes(object); status != CUDNN_STATUS_SUCCESS) return status;
  if (object.type == CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) return check_graph(object);
  if (object.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    if (object.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).engine == engine::does_not_finalize)
      return CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH;
    ++cudnn().plans;
  }
  return check_operation(object);
}

// Copies at most `room` values. count: their total number.
template <class T>
void copy_values(const std::vector<T>& from, std::int64_t room, std::int64_t* count, void* to) {
  *count = static_cast<std::int64_t>(from.size());
  std::copy_n(from.data(), std::min(room, *count), static_cast<T*>(to));
}

cudnnStatus_t get(const Object& object, int name, cudnnBackendAttributeType_t type, std::int64_t room,
                  std::int64_t* count, void* to) {
  if (object.type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR && name == CUDNN_ATTR_ENGINEHEUR_RESULTS &&
      type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    const auto engines = offered(object.one<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE));
    *count = static_cast<std::int64_t>(engines.size());
    for (std::size_t i = 0; i < engines.size() && static_cast<std::int64_t>(i) < room; ++i) {
      Object& configuration = *static_cast<Object**>(to)[i];
      configuration.engine = engines[i];
      configuration.graph = &object.object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
      configuration.finalized = true;
    }
  } else if (object.type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR && name == CUDNN_ATTR_ENGINECFG_ENGINE &&
             type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    *count = 1;
    if (room > 0) (*static_cast<Object**>(to))->engine = object.engine;
  } else if (object.type == CUDNN_BACKEND_ENGINE_DESCRIPTOR && name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE &&
             type == CUDNN_TYPE_NUMERICAL_NOTE) {
    copy_values(notes_of(object.engine), room, count, to);
  } else if (object.type == CUDNN_BACKEND_ENGINE_DESCRIPTOR && name == CUDNN_ATTR_ENGINE_GLOBAL_INDEX &&
             type == CUDNN_TYPE_INT64) {
    copy_values(std::vector{object.engine}, room, count, to);
  } else if (object.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR &&
             name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE && type == CUDNN_TYPE_INT64 && object.finalized) {
    copy_values(std::vector{workspace_of(object.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).engine)}, room, count,
                to);
  } else {
    return CUDNN_STATUS_BAD_PARAM;
  }
  return CUDNN_STATUS_SUCCESS;
}

// Runs in the stream and copies the pack, which may end earlier. The graph lives as long as the plan.
void execute(cudaStream_t stream, const Object& plan, const Object& pack) {
  const Object& configuration = plan.object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  check_bound(*configuration.graph, pack);
  submit(stream, [graph = configuration.graph, engine = configuration.engine, pack] {
    {
      const DeviceMemoryAccess access;
      std::memset(pack.one<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE), 0xab,
                  static_cast<std::size_t>(workspace_of(engine)));
    }
    compute(*graph, pack, engine);
  });
  cudnn().executed.push_back(configuration.engine);
}

}  // namespace

Cudnn& cudnn() {
  static Cudnn cudnn;
  return cudnn;
}

}  // namespace shim

using shim::Object;

std::size_t cudnnGetVersion() { return CUDNN_VERSION; }
const char* cudnnGetErrorString(cudnnStatus_t status) {
  return status / 1000 == 3   ? "CUDNN_STATUS_NOT_SUPPORTED"
         : status / 1000 == 2 ? "CUDNN_STATUS_BAD_PARAM"
                              : "CUDNN_STATUS_EXECUTION_FAILED";
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  static auto* handles = new std::vector<cudnnHandle_t>;  // never destroyed, like the library's
  handles->push_back(*handle = new cudnnContext);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  return handle->stream = stream, CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  *descriptor = new Object{type, {}};
  return shim::known(type) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete static_cast<Object*>(descriptor);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  Object& object = *static_cast<Object*>(descriptor);
  const cudnnStatus_t status = shim::finalize(object);
  object.finalized = status == CUDNN_STATUS_SUCCESS;
  return status;
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  return shim::set(*static_cast<Object*>(descriptor), name, type, count, values);
}
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t room, std::int64_t* count,
                                       void* values) {
  return shim::get(*static_cast<const Object*>(descriptor), name, type, room, count, values);
}
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const auto &plan_object = *static_cast<const Object*>(plan), &pack_object = *static_cast<const Object*>(pack);
  if (!plan_object.finalized || !pack_object.finalized) return CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED;
  if (!shim::cudnn().executes) return CUDNN_STATUS_EXECUTION_FAILED;
  shim::cudnn().stream = handle->stream;
  try {
    shim::execute(handle->stream, plan_object, pack_object);
  } catch (const std::exception&) {  // tensor without memory, or misaligned
    return CUDNN_STATUS_BAD_PARAM;
  }
  return CUDNN_STATUS_SUCCESS;
}
