#include "cuda/cudnn/library.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

#include "premix/core/error.hpp"

namespace premix::cudnn {
namespace {

#if defined(PREMIX_SHIM)
constexpr const char* installed = nullptr;  // the tests define cuDNN's functions
#else
constexpr const char* installed = "libcudnn.so.9";
#endif

constexpr const char* remedy =
    "Install cuDNN 9 for this version of CUDA, or add its folder to LD_LIBRARY_PATH (pip's: nvidia/cudnn/lib).";

bool switched_off() {
  const char* value = std::getenv("PREMIX_CUDNN");
  return value != nullptr && std::string_view(value) == "0";
}

}  // namespace

Library load(const char* file) {
  Library library;
  void* const handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);  // never closed
  if (handle == nullptr) {
    const char* reason = dlerror();
    library.problem = concat("cuDNN not found: ", reason == nullptr ? "no reason given" : reason, ". ", remedy);
    return library;
  }
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (function == nullptr && library.problem.empty())
      library.problem = concat("cuDNN in ", file == nullptr ? "the program" : file, " lacks ", name, ". ", remedy);
  };
  find("cudnnGetVersion", library.version);
  find("cudnnGetErrorString", library.error_string);
  find("cudnnCreate", library.create);
  find("cudnnSetStream", library.set_stream);
  find("cudnnBackendCreateDescriptor", library.create_descriptor);
  find("cudnnBackendDestroyDescriptor", library.destroy_descriptor);
  find("cudnnBackendFinalize", library.finalize);
  find("cudnnBackendSetAttribute", library.set_attribute);
  find("cudnnBackendGetAttribute", library.get_attribute);
  find("cudnnBackendExecute", library.execute);
  return library;
}

const Library& library() {
  static const auto* library =
      new Library(switched_off() ? Library{.problem = "PREMIX_CUDNN=0 in the environment disables cuDNN. Unset it."}
                                 : load(installed));
  return *library;
}

}  // namespace premix::cudnn
