#include <bit>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include "premix/premix.hpp"

// Prints checksums of results, which must not depend on the compiler flags of this file.

using premix::Tensor;

namespace {

std::uint64_t checksum(const void* bytes, std::size_t count) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (std::size_t i = 0; i < count; ++i) hash = (hash ^ static_cast<const unsigned char*>(bytes)[i]) * 1099511628211u;
  return hash;
}

void print(const char* name, const Tensor<float>& tensor) {
  std::printf("%-16s %016llx\n", name,
              static_cast<unsigned long long>(checksum(tensor.data(), static_cast<std::size_t>(tensor.bytes()))));
}

void print(const char* name, double value) {
  std::printf("%-16s %016llx\n", name, static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
}

// Multiples of 1 / 1024 in [0, 1), which are exact under any flags.
Tensor<float> image(premix::Shape shape, unsigned seed) {
  std::mt19937 generator(seed);
  Tensor<float> result(shape);
  float* values = result.mutable_data();
  for (std::int64_t i = 0; i < shape.size(); ++i) values[i] = static_cast<float>(generator() >> 22) / 1024;
  return result;
}

// Subnormal numbers, made from their bits because arithmetic here may flush them to zero.
Tensor<float> subnormal_image(premix::Shape shape, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.size(); ++i)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(generator() >> 12)));
  return Tensor<float>::from(shape, values);
}

void train() {
  const auto up_ms = image({2, 32, 32, 4}, 1), pan = image({2, 32, 32, 1}, 2), truth = image({2, 32, 32, 4}, 3);
  premix::PreMix<float> model({.bands = 4, .embed_dim = 8, .beta = 2.0});
  premix::Adam<float> adam(premix::parameters(model), {.lr = 1e-3});
  for (int step = 0; step < 3; ++step) {
    const auto loss = premix::l1_loss(model(up_ms, pan), truth);
    adam.zero_grad();
    loss.backward();
    adam.set_lr(premix::StepLr{.step_size = 1}.at(step));
    adam.step();
    print("loss", loss.value());
  }
  for (const auto& parameter : premix::parameters(model)) print("parameter", parameter.value());
  print("module", [&] {
    const premix::NoGrad no_grad;
    return model(up_ms, pan).value();
  }());
  print("inference", premix::PreMixInference(model)(up_ms, pan));
}

void work_on_images() {
  const auto x = image({1, 33, 41, 3}, 4), fused = image({1, 48, 64, 4}, 5), truth = image({1, 48, 64, 4}, 6);
  print("gaussian_blur", premix::gaussian_blur(x));
  print("high_pass", premix::high_pass(x));
  print("clahe", premix::clahe(x));
  print("bicubic_resize", premix::bicubic_resize(x, 70, 57));
  print("bicubic_down", premix::bicubic_downscale(x, 2.7));
  print("degrade", premix::degrade(fused, 4));
  for (const auto& reading : premix::reduced_resolution_metrics(fused, truth, 4))
    print(reading.name.c_str(), reading.value);
  const auto ms = image({1, 12, 16, 4}, 7), pan = image({1, 48, 64, 1}, 8);
  for (const auto& reading : premix::full_resolution_metrics(fused, ms, pan))
    print(reading.name.c_str(), reading.value);
  print("blur, subnormal", premix::gaussian_blur(subnormal_image({1, 33, 41, 3}, 9)));
}

}  // namespace

int main() {
  train();
  work_on_images();
}
