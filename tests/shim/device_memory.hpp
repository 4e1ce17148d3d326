#pragma once

#include "cuda_runtime.h"

namespace shim {

/// Allows access to device memory during its lifetime. Otherwise the sanitizer reports the access, where a real host
/// would crash.
class DeviceMemoryAccess {
 public:
  DeviceMemoryAccess();
  ~DeviceMemoryAccess();
};

}  // namespace shim
