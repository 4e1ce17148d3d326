#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "premix/core/random.hpp"
#include "premix/data/pairs.hpp"

/// Returns noise seeded by the name: MS (1, height, width, bands), and a PAN ratio times as large.
inline premix::ImagePair noise_pair(const std::string& name, std::int64_t height, std::int64_t width,
                                    std::int64_t bands, int ratio) {
  premix::ImagePair pair = {name, premix::Tensor<float>({1, height, width, bands}),
                            premix::Tensor<float>({1, ratio * height, ratio * width, 1})};
  std::mt19937 generator(static_cast<std::uint32_t>(std::hash<std::string>()(name)));
  premix::fill_uniform(pair.ms, 1.0, generator);
  premix::fill_uniform(pair.pan, 1.0, generator);
  return pair;
}

/// Returns a source of noise pairs without files: MS of 16 x 24 pixels and 3 bands, ratio 4.
inline std::shared_ptr<const premix::PairSource> noise_source(std::vector<std::string> names) {
  return std::make_shared<premix::PairSource>("noise", std::move(names), premix::PairSetOptions{.max_val = 100},
                                              [](const std::string& name) { return noise_pair(name, 16, 24, 3, 4); });
}

inline bool same_bits(const premix::Tensor<float>& a, const premix::Tensor<float>& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  return a.shape() == b.shape() && std::equal(a.data(), a.data() + a.size(), b.data());
}
