#pragma once

#include "cuda_runtime.h"

namespace shim {

/// While it lives, device memory may be touched; else the sanitizer reports it, as a host that does so would crash.
class DeviceMemoryAccess {
 public:
  DeviceMemoryAccess();
  ~DeviceMemoryAccess();
};

}  // namespace shim
