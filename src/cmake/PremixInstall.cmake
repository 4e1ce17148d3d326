# Installation and the package premix: find_package(premix CONFIG COMPONENTS io).
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/premix")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/premix" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/include/premix/config.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/premix")

# premix_install_library(TARGET NAME): installs the target and exports it as premix::NAME. Each library has its own
# export set, so that consumers of premix::premix do not need the dependencies of premix::io.
function(premix_install_library target name)
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} INSTALL_RPATH "$ORIGIN")
  install(TARGETS ${target} EXPORT ${target}-targets)
  install(EXPORT ${target}-targets NAMESPACE premix:: DESTINATION "${package_dir}")
endfunction()

premix_install_library(premix premix)
if(TARGET premix_io)
  premix_install_library(premix_io io)
endif()

foreach(program premix-train premix-test premix-pansharpen)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
    install(TARGETS ${program} RUNTIME)
  endif()
endforeach()

file(GLOB weights CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/examples/weights/*.safetensors" "${PROJECT_SOURCE_DIR}/examples/weights/*.md")
if(weights)
  install(FILES ${weights} DESTINATION "${CMAKE_INSTALL_DATADIR}/premix/weights")
endif()

# Dependencies for premix-config.cmake. Only consumers of static libraries must find them.
get_target_property(library_type premix TYPE)
if(library_type STREQUAL "STATIC_LIBRARY")
  set(PREMIX_STATIC ON)
else()
  set(PREMIX_STATIC OFF)
endif()
file(GLOB find_modules "${PROJECT_SOURCE_DIR}/src/cmake/Find*.cmake")
list(FILTER find_modules EXCLUDE REGEX cuDNN)  # only for building premix
install(FILES ${find_modules} DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/src/cmake/premix-config.cmake.in" "${PROJECT_BINARY_DIR}/premix-config.cmake"
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/premix-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/premix-config.cmake" "${PROJECT_BINARY_DIR}/premix-config-version.cmake"
  DESTINATION "${package_dir}")
