#pragma once

#include <cpl_progress.h>

#include <exception>
#include <functional>

namespace premix::io {

/// Passes GDAL's progress to a function. An exception of the function stops GDAL's work; call rethrow() afterwards.
class GdalProgress {
 public:
  explicit GdalProgress(const std::function<void(double)>& report) : report_(report) {}

  static int CPL_STDCALL call(double done, const char*, void* self_pointer) {
    auto& self = *static_cast<GdalProgress*>(self_pointer);
    try {
      self.report_(done);
      return TRUE;
    } catch (...) {
      self.thrown_ = std::current_exception();
      return FALSE;
    }
  }

  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  const std::function<void(double)>& report_;
  std::exception_ptr thrown_;
};

}  // namespace premix::io
