# Finds matio, which has no CMake package, and defines MATIO::MATIO. Its headers include those of HDF5 only on request.
find_path(MATIO_INCLUDE_DIR matio.h)
find_library(MATIO_LIBRARY matio)
mark_as_advanced(MATIO_INCLUDE_DIR MATIO_LIBRARY)

if(MATIO_INCLUDE_DIR)
  file(STRINGS "${MATIO_INCLUDE_DIR}/matio_pubconf.h" version_lines REGEX "#define MATIO_(MAJOR_VERSION|MINOR_VERSION|RELEASE_LEVEL) ")
  list(TRANSFORM version_lines REPLACE "[^0-9]*([0-9]+).*" "\\1")
  list(JOIN version_lines "." MATIO_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MATIO REQUIRED_VARS MATIO_LIBRARY MATIO_INCLUDE_DIR VERSION_VAR MATIO_VERSION)

if(MATIO_FOUND AND NOT TARGET MATIO::MATIO)
  add_library(MATIO::MATIO UNKNOWN IMPORTED)
  set_target_properties(MATIO::MATIO PROPERTIES IMPORTED_LOCATION "${MATIO_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${MATIO_INCLUDE_DIR}")
endif()
