// Runs a work of bench/pytorch/compare.py with premix, as a worker (protocol: bench/pytorch/worker.py). OMP_NUM_THREADS
// sets the number of threads. --device INDEX as the first argument selects a GPU.
//
//     premix_timer forward SIDE PRECISION WEIGHTS            network for inference, 4 bands
//     premix_timer training IMAGES SIDE PRECISION WEIGHTS    steps of Adam on the L1 loss
//     premix_timer filtering HEIGHT WIDTH K BACKWARD         predictive filtering, 4 bands
//     premix_timer mixing HEIGHT WIDTH CHANNELS BACKWARD     EWFM from logits
//
// PRECISION is fp32, tf32 or bf16. BACKWARD is 1 to compute all gradients too, else 0.

#include <sys/resource.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "premix/core/cuda.hpp"
#include "premix/core/error.hpp"
#include "premix/core/memory.hpp"
#include "premix/infer/network/premix_inference.hpp"
#include "premix/io/checkpoint.hpp"
#include "premix/io/safetensors.hpp"
#include "premix/ops/ewfm.hpp"
#include "premix/ops/predictive_filter.hpp"
#include "premix/optim/adam.hpp"
#include "premix/train/training_step.hpp"

namespace {

using namespace premix;

constexpr std::int64_t bands = 4;

Device where = cpu();

struct Result {
  std::string name;
  Tensor<float> value;
  std::int64_t kernel = 1;  // K where the channels are filters' taps
};

struct Work {
  std::function<void()> run;
  std::function<std::vector<Result>()> results;  // of the last run
};

/// Channel in premix's layout of channel c in PyTorch's. Filters are band-major there and tap-major here.
std::int64_t our_channel(std::int64_t c, std::int64_t channels, std::int64_t kernel) {
  const std::int64_t taps = kernel * kernel;
  return c % taps * (channels / taps) + c / taps;
}

/// Numbers in [low, high) from the row-major index in (N, C, H, W), as in bench/pytorch/tensors.py.
Tensor<float> numbers(Shape shape, std::uint32_t seed, float low = 0, float high = 1, std::int64_t kernel = 1) {
  Tensor<float> result(shape);
  const std::int64_t plane = shape.h * shape.w;
  std::uint32_t index = seed * 16777259U;
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t c = 0; c < shape.c; ++c) {
      float* to = result.mutable_data() + n * plane * shape.c + our_channel(c, shape.c, kernel);
      for (std::int64_t p = 0; p < plane; ++p)
        to[p * shape.c] = static_cast<float>((index++ * 2654435761U) >> 8) * 0x1p-24F * (high - low) + low;
    }
  return result.to(where);
}

/// About a million numbers at most, the same as in bench/pytorch/tensors.py.
std::vector<float> sample(const Result& result) {
  const Tensor<float> here = result.value.to(cpu());
  const Shape s = here.shape();
  const std::int64_t plane = s.h * s.w, step = s.size() / (1 << 20) + 1;
  std::vector<float> values;
  for (std::int64_t i = 0; i < s.size(); i += step) {
    const std::int64_t n = i / plane / s.c, c = i / plane % s.c;
    values.push_back(here.data()[(n * plane + i % plane) * s.c + our_channel(c, s.c, result.kernel)]);
  }
  return values;
}

using Arguments = std::vector<std::string>;

PreMix<float> model_of(const std::string& weights) {
  PreMix<float> model = load_weights(weights).model;
  move_parameters(model, where);
  return model;
}

Work forward(const Arguments& arguments) {
  const std::int64_t side = std::stoll(arguments.at(0));
  const auto network = std::make_shared<PreMixInference>(model_of(arguments.at(2)), precision_by_name(arguments.at(1)));
  const Shape shape{1, side, side, bands};
  const auto y = std::make_shared<Tensor<float>>();
  const auto run = [=, up_ms = numbers(shape, 1), pan = numbers(shape.with_channels(1), 2)] {
    *y = (*network)(up_ms, pan);
  };
  return {run, [=] { return std::vector{Result{"y", *y}}; }};
}

/// Must not be copied or moved: step refers to model and adam.
struct Trained {
  PreMix<float> model;
  Adam<float> adam{parameters(model), {.lr = 1e-3}};
  TrainingStep step{model, adam};

  explicit Trained(const std::string& weights) : model(model_of(weights)) {}
};

Work training(const Arguments& arguments) {
  const std::int64_t images = std::stoll(arguments.at(0)), side = std::stoll(arguments.at(1));
  const Precision precision = precision_by_name(arguments.at(2));
  const auto trained = std::make_shared<Trained>(arguments.at(3));
  const Shape shape{images, side, side, bands};
  const auto losses = std::make_shared<std::vector<float>>();  // of the first three steps
  const auto run = [=, up_ms = numbers(shape, 1), pan = numbers(shape.with_channels(1), 2), truth = numbers(shape, 3)] {
    const ConvolutionPrecision convolutions(precision);
    const Tensor<float>& loss = trained->step(up_ms, pan, truth);
    if (losses->size() < 3) losses->push_back(loss.item());
  };
  const auto results = [=] {
    return std::vector{
        Result{"losses", Tensor<float>::from({1, 1, static_cast<std::int64_t>(losses->size()), 1}, *losses)}};
  };
  return {run, results};
}

/// Leaves, and the outputs of the last run.
struct Graph {
  std::vector<Variable<float>> inputs, outputs;

  void clear() {
    outputs.clear();
    for (auto& input : inputs) input.zero_grad();
  }
};

Work filtering(const Arguments& arguments) {
  const Shape shape{1, std::stoll(arguments.at(0)), std::stoll(arguments.at(1)), bands};
  const int kernel = std::stoi(arguments.at(2));
  const bool backward = arguments.at(3) == "1";
  const auto graph = std::make_shared<Graph>();
  graph->inputs.emplace_back(numbers(shape.with_channels(bands * kernel * kernel), 2, 0, 1, kernel), backward);
  graph->inputs.emplace_back(numbers(shape, 1), backward);
  const auto run = [=, d_y = backward ? numbers(shape, 3) : Tensor<float>()] {
    graph->clear();
    graph->outputs.push_back(predictive_filter(graph->inputs[0], graph->inputs[1], kernel));
    if (backward) graph->outputs[0].backward(d_y);
  };
  const auto results = [=] {
    std::vector list{Result{"y", graph->outputs[0].value()}};
    if (backward) {
      list.push_back({"d_filters", graph->inputs[0].grad(), kernel});
      list.push_back({"d_image", graph->inputs[1].grad()});
    }
    return list;
  };
  return {run, results};
}

Work mixing(const Arguments& arguments) {
  const Shape shape{1, std::stoll(arguments.at(0)), std::stoll(arguments.at(1)), std::stoll(arguments.at(2))};
  const bool backward = arguments.at(3) == "1";
  const auto graph = std::make_shared<Graph>();
  for (const auto& input : {numbers(shape, 1), numbers(shape, 2), numbers(shape, 3, -3, 8)})
    graph->inputs.emplace_back(input, backward);
  std::vector<Tensor<float>> d_outputs;
  if (backward) d_outputs = {numbers(shape, 4), numbers(shape, 5)};
  const auto run = [=] {
    graph->clear();
    const auto mixed =
        ewfm(graph->inputs[0], graph->inputs[1], graph->inputs[2], {.activation = Activation::tanh_relu});
    graph->outputs = {mixed.ms, mixed.pan};
    if (!backward) return;
    // One number that depends on both outputs, for a single backward pass.
    const auto both =
        record<float>(Tensor<float>::zeros({1, 1, 1, 1}), graph->outputs, [=](const auto&) { return d_outputs; });
    both.backward();
  };
  const auto results = [=] {
    std::vector list{Result{"ms", graph->outputs[0].value()}, Result{"pan", graph->outputs[1].value()}};
    const char* const names[] = {"d_ms", "d_pan", "d_logits"};
    for (std::size_t i = 0; backward && i < 3; ++i) list.push_back({names[i], graph->inputs[i].grad()});
    return list;
  };
  return {run, results};
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void time_runs(const Work& work, int count) {
  const std::clock_t cpu = std::clock();  // of all threads
  std::cout << "{\"seconds\": [";
  for (int i = 0; i < count; ++i) {
    const double start = wall_seconds();
    work.run();
    if constexpr (PREMIX_HAS_CUDA) synchronize(where);
    std::cout << (i > 0 ? ", " : "") << wall_seconds() - start;
  }
  std::cout << "], \"cpu_seconds\": " << static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC << '}' << std::endl;
}

void write_samples(const Work& work, const std::string& path) {
  SafetensorsWriter writer;
  for (const Result& result : work.results()) {
    const auto values = sample(result);
    writer.add<float>(result.name, {static_cast<std::int64_t>(values.size())}, values);
  }
  writer.write(path);
  std::cout << "{}" << std::endl;
}

/// Peak of the process, or the size of the GPU's pool, which keeps freed blocks.
std::size_t peak_bytes() {
  if (where != cpu()) {
    const MemoryUse use = memory_use(where);
    return use.in_use + use.cached;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

void serve(const Work& work) {
  std::cout.precision(9);
  std::cout << "ready" << std::endl;
  std::string command;
  while (std::cin >> command) {
    std::string argument;
    if (command != "memory") std::cin >> argument;
    if (command == "run") time_runs(work, std::stoi(argument));
    if (command == "sample") write_samples(work, argument);
    if (command == "memory") std::cout << "{\"peak_bytes\": " << peak_bytes() << '}' << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Work (*)(const Arguments&)> works = {
      {"forward", forward}, {"training", training}, {"filtering", filtering}, {"mixing", mixing}};
  try {
    Arguments arguments(argv + 1, argv + argc);
    if (arguments.size() > 1 && arguments[0] == "--device") {
      where = cuda(std::stoi(arguments[1]));
      arguments.erase(arguments.begin(), arguments.begin() + 2);
    }
    const auto work = works.find(arguments.empty() ? "" : arguments[0]);
    PREMIX_CHECK(work != works.end(), "premix_timer: unknown work. Use forward, training, filtering or mixing");
    in_own_stream(where, [&] { serve(work->second(Arguments(arguments.begin() + 1, arguments.end()))); });
  } catch (const std::exception& error) {  // includes missing arguments
    std::cerr << error.what() << '\n';
    return 1;
  }
}
