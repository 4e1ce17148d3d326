#pragma once

#include <cudnn_backend.h>

#include <string>

namespace premix::cudnn {

/// The functions of cuDNN that are used here.
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

  std::string problem;  // why it can't be used and what to do about it, in one line; empty where it can
};

/// Looks for them in a file, a name of which the dynamic linker finds the folder; null is the program itself.
Library load(const char* file);

/// Those that convolutions use, looked for when this is called first: no program needs cuDNN to start.
const Library& library();

}  // namespace premix::cudnn
