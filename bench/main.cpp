// Runs the benchmarks of a program on each available device (measure.hpp).

#include <algorithm>
#include <exception>
#include <iostream>
#include <string_view>

#include "machine.hpp"
#include "measure.hpp"

int main(int argc, char** argv) {
  const bool only_list =
      std::any_of(argv, argv + argc, [](std::string_view arg) { return arg.starts_with("--benchmark_list_tests"); });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    if (!only_list) bench::add_machine_facts();
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
