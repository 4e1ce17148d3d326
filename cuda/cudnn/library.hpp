#pragma once

#include <cudnn_backend.h>

#include <string>

namespace premix::cudnn {

/// Functions of cuDNN used by premix.
struct Library {
  decltype(&cudnnGetVersion) version = nullptr;
  decltype(&cudnnGetErrorString) error_string = nullptr;
  decltype(&cudnnCreate) create = nullptr;
  decltype(&cudnnSetStream) set_stream = nullptr;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor = nullptr;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor = nullptr;
  decltype(&cudnnBackendFinalize) finalize = nullptr;
  decltype(&cudnnBackendSetAttribute) set_attribute = nullptr;
  decltype(&cudnnBackendGetAttribute) get_attribute = nullptr;
  decltype(&cudnnBackendExecute) execute = nullptr;

  std::string problem;  // reason and remedy if cuDNN is unusable, one line; else empty
};

/// Loads the functions from a shared library. file: searched by the dynamic linker; null means the program itself.
Library load(const char* file);

/// Returns the installed cuDNN. Loads it on the first call, so programs start without cuDNN.
const Library& library();

}  // namespace premix::cudnn
