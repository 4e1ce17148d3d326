#include <iostream>

#include "premix/core/tensor.hpp"

int main() {
  const auto image = premix::Tensor<float>::full({1, 2, 3, 4}, 0.5f);
  std::cout << image.shape() << ' ' << image(0, 1, 2, 3) << '\n';
}
