// Runs the benchmarks of a program: those of Google Benchmark's macros, and those of measure.hpp on each device that there is.

#include <exception>
#include <iostream>

#include "measure.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    const bool gpu = premix::cuda_device_count() > 0;
    for (const auto add : bench::registered()) {
      add(premix::cpu());
      if (gpu) add(premix::cuda(0));
    }
    if (!gpu && !bench::registered().empty()) std::cerr << "GPU benchmarks skipped: " << premix::cuda_problem() << '\n';
    benchmark::RunSpecifiedBenchmarks();
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
  }
  benchmark::Shutdown();
}
