# Installation and the package premix: find_package(premix CONFIG COMPONENTS io).
include(CMakePackageConfigHelpers)
