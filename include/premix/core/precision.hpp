#pragma once

#include <string_view>

namespace premix {

/// Type of the factors in convolutions. Sums are in float for all.
enum class Precision {
  float32,   // float
  tf32,      // float rounded to 11 significant bits, on tensor cores
  bfloat16,  // float rounded to 8 significant bits
};

/// Parses fp32, tf32 or bf16. Throws a usage Error that lists the names.
Precision precision_by_name(std::string_view name);

/// Returns fp32, tf32 or bf16.
std::string_view precision_name(Precision precision);

/// Permits float convolutions of this thread on a GPU to round their factors to the precision, while it lives. Applies
/// to gradients too. Convolutions without a suitable library routine stay exact, and so do all on the CPU. Destroy on
/// the thread that made it, in reverse order of construction.
class ConvolutionPrecision {
 public:
  explicit ConvolutionPrecision(Precision precision);
  ~ConvolutionPrecision();
  ConvolutionPrecision(const ConvolutionPrecision&) = delete;
  ConvolutionPrecision& operator=(const ConvolutionPrecision&) = delete;

 private:
  Precision before_;
};

/// Precision of the thread's innermost ConvolutionPrecision; float32 without one.
Precision current_convolution_precision();

}  // namespace premix
