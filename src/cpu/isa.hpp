#pragma once

#include "premix/core/device.hpp"
#include "premix/core/scalar.hpp"

// Files of src/cpu are compiled once per instruction set, with PREMIX_ISA set to its name (premix_add_cpu_kernels).
// Each file defines kernel templates in premix::on_cpu::PREMIX_ISA and ends with PREMIX_CPU_KERNEL. The macro
// instantiates them there. In the baseline compilation it also defines the Cpu overload, which selects an instruction
// set at run time.
//
// Such a file includes only plain structs and formulas. An out-of-line copy of a shared inline function, compiled for a
// newer processor, could otherwise be linked into code for an older one.

namespace premix::on_cpu {

/// x86-64 micro-architecture levels with their own kernels. Other processors have only generic.
enum class Isa { generic, v2, v3, v4 };

/// Returns the highest level of this processor. The environment variable PREMIX_ISA=v2|v3|v4 lowers it.
Isa isa();

}  // namespace premix::on_cpu

#define PREMIX_CPU_INSTANTIATE(name, Args)                                           \
  template void premix::on_cpu::PREMIX_ISA::name<float>(const premix::Args<float>&); \
  template void premix::on_cpu::PREMIX_ISA::name<double>(const premix::Args<double>&);

#define PREMIX_CPU_DECLARE(isa_name, name, Args) \
  namespace premix::on_cpu::isa_name {           \
  template <premix::Real T>                      \
  void name(const premix::Args<T>&);             \
  }

#define PREMIX_CPU_OVERLOADS(name, Args)                              \
  template void premix::name<float>(Cpu, const premix::Args<float>&); \
  template void premix::name<double>(Cpu, const premix::Args<double>&);

// PREMIX_CPU_KERNEL(name, Args): makes name<T>(const Args<T>&) of this file premix::name(Cpu, const Args<T>&).
#if !defined(PREMIX_ISA_BASELINE)
#define PREMIX_CPU_KERNEL(name, Args) PREMIX_CPU_INSTANTIATE(name, Args)
#elif defined(__x86_64__)
#define PREMIX_CPU_KERNEL(name, Args)   \
  PREMIX_CPU_INSTANTIATE(name, Args)    \
  PREMIX_CPU_DECLARE(v3, name, Args)    \
  PREMIX_CPU_DECLARE(v4, name, Args)    \
  namespace premix {                    \
  template <Real T>                     \
  void name(Cpu, const Args<T>& args) { \
    switch (on_cpu::isa()) {            \
      case on_cpu::Isa::v4:             \
        return on_cpu::v4::name(args);  \
      case on_cpu::Isa::v3:             \
        return on_cpu::v3::name(args);  \
      default:                          \
        return on_cpu::v2::name(args);  \
    }                                   \
  }                                     \
  }                                     \
  PREMIX_CPU_OVERLOADS(name, Args)
#else
#define PREMIX_CPU_KERNEL(name, Args)   \
  PREMIX_CPU_INSTANTIATE(name, Args)    \
  namespace premix {                    \
  template <Real T>                     \
  void name(Cpu, const Args<T>& args) { \
    on_cpu::generic::name(args);        \
  }                                     \
  }                                     \
  PREMIX_CPU_OVERLOADS(name, Args)
#endif
