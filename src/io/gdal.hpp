#pragma once

#include <gdal_priv.h>

#include <algorithm>
#include <memory>
#include <string>

#include "premix/core/error.hpp"

namespace premix::io {

/// Keeps what GDAL reports on this thread, instead of letting it print to stderr, as long as it lives.
class GdalErrors {
 public:
  GdalErrors() { CPLPushErrorHandlerEx(&GdalErrors::collect, this); }
  GdalErrors(const GdalErrors&) = delete;
  GdalErrors& operator=(const GdalErrors&) = delete;
  ~GdalErrors() { CPLPopErrorHandler(); }

  bool failed() const { return !first_failure_.empty(); }

  /// GDAL's message on one line. Without a failure the last warning: drivers give up on unknown creation options with
  /// no more than one.
  std::string message() const {
    const std::string& said = failed() ? first_failure_ : last_warning_;
    return said.empty() ? "GDAL gives no reason" : said;
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

/// Makes GDAL's formats known, once.
inline void register_gdal_drivers() {
  static const bool registered = [] {
    GDALAllRegister();
    return true;
  }();
  static_cast<void>(registered);
}

}  // namespace premix::io
