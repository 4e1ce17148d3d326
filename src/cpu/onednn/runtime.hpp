#pragma once

#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "premix/core/memory.hpp"

namespace premix::on_cpu::onednn {

using Description = dnnl::memory::desc;
using Arguments = std::unordered_map<int, dnnl::memory>;

inline dnnl::engine& engine() {
  static auto* instance = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *instance;
}

inline dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

/// Wraps premix memory in a description. oneDNN takes no const pointers, but does not write to input arguments.
inline dnnl::memory view(const Description& description, const float* data) {
  return {description, engine(), const_cast<float*>(data)};
}

/// Pool memory, released by the destructor.
class Scratch {
 public:
  explicit Scratch(const Description& description)
      : buffer_(description.get_size() + 1, cpu()), memory_(description, engine(), buffer_.data()) {}
  const dnnl::memory& memory() const { return memory_; }

 private:
  Buffer buffer_;
  dnnl::memory memory_;
};

/// Restricts oneDNN to the calling thread during its lifetime, for creation and execution. oneDNN's own threads are
/// OpenMP threads, which spin while they wait. Their partition of the work affects the rounding of sums.
class SingleThread {
 public:
  SingleThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThread() { omp_set_num_threads(before_); }
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  int before_;
};

inline void execute(const dnnl::primitive& primitive, const Arguments& arguments) {
  const SingleThread single;
  thread_local dnnl::stream stream(engine());
  primitive.execute(stream, arguments);
  stream.wait();
}

}  // namespace premix::on_cpu::onednn
