#include "math_sweep.hpp"

#include "cpu/isa.hpp"
#include "premix/kernels/math.hpp"

namespace premix::on_cpu::PREMIX_ISA {

template <Real T>
void evaluate(const FormulaArgs<T>& args) {
  switch (args.formula) {
    case Formula::exp:
      for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = exp_of(args.x[i]);
      break;
    case Formula::sigmoid:
      for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = sigmoid_of(args.x[i]);
      break;
    case Formula::tanh:
      for (std::int64_t i = 0; i < args.count; ++i) args.y[i] = tanh_of(args.x[i]);
      break;
  }
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(evaluate, FormulaArgs)
