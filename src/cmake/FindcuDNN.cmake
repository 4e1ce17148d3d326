# Finds the headers of cuDNN 9, which has no CMake package, and sets cuDNN_INCLUDE_DIR and cuDNN_VERSION. Programs load
# the library at run time.
find_path(cuDNN_INCLUDE_DIR cudnn_backend.h HINTS ${CUDAToolkit_INCLUDE_DIRS} ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES include)
mark_as_advanced(cuDNN_INCLUDE_DIR)

if(EXISTS "${cuDNN_INCLUDE_DIR}/cudnn_version.h")
  file(STRINGS "${cuDNN_INCLUDE_DIR}/cudnn_version.h" version_lines REGEX "#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
  list(TRANSFORM version_lines REPLACE "[^0-9]*([0-9]+).*" "\\1")
  list(JOIN version_lines "." cuDNN_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cuDNN REQUIRED_VARS cuDNN_INCLUDE_DIR cuDNN_VERSION VERSION_VAR cuDNN_VERSION)
