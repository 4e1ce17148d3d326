#include "cuda/cudnn/context.hpp"

#include <set>

#include "cuda/runtime/scratch.hpp"
#include "premix/core/cuda.hpp"

namespace premix::cudnn {
namespace {

// Never destroyed: CUDA may shut down first at program exit.
struct Contexts {
  std::mutex mutex;
  std::map<int, Context> of_gpu;

  Context& at(int index) {
    const std::lock_guard lock(mutex);
    return of_gpu[index];
  }
};

Contexts& contexts() {
  static auto* contexts = new Contexts;
  return *contexts;
}

std::string version_text(std::size_t version) {
  return concat(version / 10000, '.', version / 100 % 100, '.', version % 100);
}

}  // namespace

Context::Context() {
  const cudnnStatus_t status = library().create(&handle_);
  if (status != CUDNN_STATUS_SUCCESS)
    problem_ = concat("cuDNN ", version_text(library().version()), " does not start: ", library().error_string(status),
                      ". Check that it is for this version of CUDA and supports this GPU.");
}

const Context::Entry& Context::entry(const Request& request) {
  const auto found = entries_.find(request);
  if (found != entries_.end()) return found->second;
  Entry entry;
  try {
    entry.plan = std::make_unique<Plan>(handle_, request);
  } catch (const Refused& refused) {
    entry.refusal = refused.what();
  }
  return entries_.emplace(request, std::move(entry)).first->second;
}

bool Context::has_plan(const Request& request) {
  const std::lock_guard lock(mutex_);
  return entry(request).plan != nullptr;
}

void Context::run(Cuda device, const Request& request, const Data& data) {
  const std::lock_guard lock(mutex_);
  const Plan& plan = *entry(request).plan;
  const Scratch<char> workspace(device, plan.workspace_bytes());
  try {
    check(library().set_stream(handle_, device.stream), "setting the stream");
    plan.execute(handle_, data, workspace.data());
  } catch (const Refused& refused) {
    fail(ErrorKind::device, "cuDNN: ", refused.what(), " for ", name_of(request), " (", plan.engine(),
         "). Set PREMIX_CUDNN=0 in the environment to run without it, and please report this.");
  }
}

// A convolution is tried fused, then alone, and in bf16 with a float result, then with a bf16 result. Only a refusal of
// the last variant means that cuDNN has no engine.
std::vector<std::string> Context::engines() {
  const std::lock_guard lock(mutex_);
  std::set<std::string> lines;
  for (const auto& [request, entry] : entries_) {
    const bool last_way = !request.fused() && (request.precision != Precision::bfloat16 || request.narrow_result);
    if (entry.plan != nullptr)
      lines.insert(concat(name_of(request), ": ", entry.plan->engine()));
    else if (last_way)
      lines.insert(concat(name_of(request), ": premix's own kernel, because cuDNN has none: ", entry.refusal));
  }
  return {lines.begin(), lines.end()};
}

Context* context_of(int index) {
  if (!library().problem.empty()) return nullptr;
  Context& context = contexts().at(index);
  return context.problem().empty() ? &context : nullptr;
}

}  // namespace premix::cudnn

namespace premix::detail {

std::string cudnn_problem() {
  if (std::string problem = cuda_problem(); !problem.empty()) return problem;
  if (const std::string& problem = cudnn::library().problem; !problem.empty()) return problem;
  const CudaScope scope(premix::cuda(0));
  return cudnn::contexts().at(0).problem();
}

std::string cudnn_version() {
  return cudnn::library().problem.empty() ? cudnn::version_text(cudnn::library().version()) : std::string();
}

std::vector<std::string> cudnn_engines() {
  cudnn::Contexts& all = cudnn::contexts();
  const std::lock_guard lock(all.mutex);
  std::set<std::string> lines;
  for (auto& [index, context] : all.of_gpu)
    for (std::string& line : context.engines()) lines.insert(std::move(line));
  return {lines.begin(), lines.end()};
}

}  // namespace premix::detail
