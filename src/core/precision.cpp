#include "premix/core/precision.hpp"

#include "premix/core/error.hpp"

namespace premix {
namespace {

thread_local Precision of_convolutions = Precision::float32;

}  // namespace

Precision precision_by_name(std::string_view name) {
  for (const Precision precision : {Precision::float32, Precision::tf32, Precision::bfloat16})
    if (name == precision_name(precision)) return precision;
  fail(ErrorKind::usage, "unknown precision '", name, "'. Use fp32, tf32 or bf16.");
}

std::string_view precision_name(Precision precision) {
  switch (precision) {
    case Precision::tf32:
      return "tf32";
    case Precision::bfloat16:
      return "bf16";
    default:
      return "fp32";
  }
}

ConvolutionPrecision::ConvolutionPrecision(Precision precision) : before_(of_convolutions) {
  of_convolutions = precision;
}
ConvolutionPrecision::~ConvolutionPrecision() { of_convolutions = before_; }
Precision current_convolution_precision() { return of_convolutions; }

}  // namespace premix
