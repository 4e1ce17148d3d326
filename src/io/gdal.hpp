#pragma once

#include <gdal_priv.h>

#include <algorithm>
#include <memory>
#include <string>

#include "premix/core/error.hpp"

namespace premix::io {

/// Collects GDAL's errors on this thread during its lifetime; GDAL would otherwise print them to stderr.
class GdalErrors {
 public:
  GdalErrors() { CPLPushErrorHandlerEx(&GdalErrors::collect, this); }
  GdalErrors(const GdalErrors&) = delete;
  GdalErrors& operator=(const GdalErrors&) = delete;
  ~GdalErrors() { CPLPopErrorHandler(); }

  bool failed() const { return !first_failure_.empty(); }

  /// Returns GDAL's first error on one line, or its last warning if there is no error. Drivers that reject a creation
  /// option may only warn.
  std::string message() const {
    const std::string& text = failed() ? first_failure_ : last_warning_;
    return text.empty() ? "GDAL gives no reason" : text;
  }

 private:
  static void CPL_STDCALL collect(CPLErr severity, CPLErrorNum, const char* message) {
    auto& self = *static_cast<GdalErrors*>(CPLGetErrorHandlerUserData());
    std::string line = message;
    std::replace(line.begin(), line.end(), '\n', ' ');
    if (severity == CE_Warning) self.last_warning_ = line;
    if (severity >= CE_Failure && self.first_failure_.empty()) self.first_failure_ = line;
  }

  std::string first_failure_, last_warning_;
};

struct CloseDataset {
  void operator()(GDALDataset* dataset) const { GDALClose(dataset); }
};
using Dataset = std::unique_ptr<GDALDataset, CloseDataset>;

/// Registers GDAL's drivers, once.
inline void register_gdal_drivers() {
  static const bool registered = [] {
    GDALAllRegister();
    return true;
  }();
  static_cast<void>(registered);
}

}  // namespace premix::io
