#include "machine.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#if PREMIX_BENCH_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

#include "limits.hpp"
#include "premix/config.hpp"
#include "premix/core/cuda.hpp"
#include "src/cpu/isa.hpp"

namespace bench {
namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "not known";
}

// Instruction set of the library's kernels. The environment variable PREMIX_ISA can lower it.
std::string kernels() {
  using premix::on_cpu::Isa;
  switch (premix::on_cpu::isa()) {
    case Isa::v4:
      return "x86-64-v4";
    case Isa::v3:
      return "x86-64-v3";
    case Isa::v2:
      return "x86-64-v2";
    default:
      return "generic";
  }
}

std::string onednn() {
#if PREMIX_BENCH_ONEDNN
  const dnnl_version_t* v = dnnl::version();
  return std::to_string(v->major) + '.' + std::to_string(v->minor) + '.' + std::to_string(v->patch);
#else
  return "none";
#endif
}

std::string giga(double rate) {
  if (rate == 0) return "absent";
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << rate / 1e9;
  return text.str();
}

// Speed-up of the multiply-adds over one thread.
double gain(const Limits& l) { return l.f32 / limits(1).f32; }

std::string times_one(const Limits& l) {
  if (l.threads == 1) return "";
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << " (" << gain(l) << " times one thread)";
  return text.str();
}

}  // namespace

void add_machine_facts() {
  const int all = thread_counts().back();
  benchmark::AddCustomContext("processor", processor());
  benchmark::AddCustomContext("processors", std::to_string(all) + " that this process may use");
  benchmark::AddCustomContext(
      "instruction set", instruction_sets().back().name +
                             (flops_per_round(instruction_sets().back().loops, Numbers::bf16) > 0 ? " with bf16" : ""));
  benchmark::AddCustomContext("kernels of", kernels());
  benchmark::AddCustomContext("premix", PREMIX_VERSION);
  benchmark::AddCustomContext("oneDNN", onednn());
  if (premix::cuda_device_count() > 0)
    benchmark::AddCustomContext("cuDNN",
                                premix::cudnn_problem().empty() ? premix::cudnn_version() : premix::cudnn_problem());
  benchmark::AddCustomContext("compiler", __VERSION__);
  for (const int threads : thread_counts()) {
    const Limits& l = limits(threads);
    const std::string suffix = ", threads:" + std::to_string(threads);
    benchmark::AddCustomContext(
        "memory GB/s" + suffix,
        "copy " + giga(l.bandwidth.copy) + ", triad " + giga(l.bandwidth.triad) + ", read " + giga(l.bandwidth.read));
    benchmark::AddCustomContext("multiply-adds GFLOP/s" + suffix, "float " + giga(l.f32) + times_one(l) + ", double " +
                                                                      giga(l.f64) + ", bf16 " + giga(l.bf16));
    if (gain(l) < 0.9 * threads)
      std::cerr << "limits: multiply-adds of " << threads << " threads are " << gain(l)
                << " times those of one: threads share a core, or other programs run. These limits and the shares of "
                   "them are unreliable\n";
  }
}

}  // namespace bench
