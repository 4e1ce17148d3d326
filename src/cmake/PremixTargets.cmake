# Settings of premix's targets. No setting is global. Consumers inherit only the language standard.

# premix_own_target(TARGET): C++20, warnings (errors in a top-level build), and no contraction of a*b + c, so that
# results do not depend on the compiler.
function(premix_own_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set(options -Wall -Wextra $<$<BOOL:${PROJECT_IS_TOP_LEVEL}>:-Werror> -ffp-contract=off)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${options}>)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# premix_add_cpu_kernels(TARGET SOURCES...): compiles the sources once for each instruction set, in separate namespaces,
# and adds the objects to the target. src/cpu/isa.hpp selects one at run time.
function(premix_add_cpu_kernels target)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(sets v2 v3 v4)
  else()
    set(sets generic)
  endif()
  list(GET sets 0 baseline)
  foreach(set IN LISTS sets)
    set(options $<$<NOT:$<STREQUAL:${set},generic>>:-march=x86-64-${set}> $<$<STREQUAL:${set},v4>:-mprefer-vector-width=512>)
    premix_add_kernels_of_set(${target} ${set} "${options}" ${ARGN})
    target_compile_definitions(${target}_cpu_${set} PRIVATE $<$<STREQUAL:${set},${baseline}>:PREMIX_ISA_BASELINE>)
  endforeach()
endfunction()

# premix_add_bf16_kernels(TARGET SOURCES...): the same for the instruction set bf16, AVX-512 with bfloat16 instructions.
function(premix_add_bf16_kernels target)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    premix_add_kernels_of_set(${target} bf16 "-march=x86-64-v4;-mavx512bf16;-mprefer-vector-width=512" ${ARGN})
  endif()
endfunction()

# premix_add_kernels_of_set(TARGET SET OPTIONS SOURCES...): compiles the sources for one set, as ${TARGET}_cpu_${SET}.
function(premix_add_kernels_of_set target set options)
  set(objects ${target}_cpu_${set})
  add_library(${objects} OBJECT ${ARGN})
  premix_own_target(${objects})
  target_include_directories(${objects} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${objects} PRIVATE PREMIX_ISA=${set})
  # g++ 12 warns about undefined registers in its own intrinsics.
  target_compile_options(${objects} PRIVATE -O3 ${options} "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-uninitialized>")
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
endfunction()
