#pragma once

#include "premix/core/tensor.hpp"

namespace premix::detail {

/// Throws unless two operands of an element-wise operation have one shape and one device.
template <Real T>
void check_alike(const char* operation, const Tensor<T>& a, const Tensor<T>& b) {
  PREMIX_CHECK(a.shape() == b.shape(), operation, ": shapes ", a.shape(), " and ", b.shape(),
               " differ. Give both operands one shape.");
  PREMIX_CHECK(a.device() == b.device(), operation, ": operands ", a.shape(), " on ", a.device(), " and ", b.device(),
               ". Move both to one device.");
}

}  // namespace premix::detail
