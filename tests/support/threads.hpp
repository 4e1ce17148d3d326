#pragma once

#include "premix/core/parallel.hpp"

namespace premix::testing {

/// Sets the number of threads of parallel loops during its lifetime.
class Threads {
 public:
  explicit Threads(int count) : before_(threads()) { set_threads(count); }
  ~Threads() { set_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace premix::testing
