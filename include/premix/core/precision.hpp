#pragma once

#include <string_view>

namespace premix {

/// What convolutions compute in: the type of what they multiply. Sums are float in each.
enum class Precision {
  float32,   // float as it is
  tf32,      // float rounded to 11 significant bits, in the tensor cores of a GPU
  bfloat16,  // float rounded to 8 significant bits
};

/// By the names fp32, tf32 and bf16. Throws a usage Error that lists them.
Precision precision_by_name(std::string_view name);

/// fp32, tf32 or bf16.
std::string_view precision_name(Precision precision);

/// While it lives, the convolutions in float that this thread does on a GPU, gradients too, may round what they
/// multiply to the precision. Those that no library computes so on this machine stay exact, as do all on the CPU. It
/// ends on the thread that made it, after those that were made later.
class ConvolutionPrecision {
 public:
  explicit ConvolutionPrecision(Precision precision);
  ~ConvolutionPrecision();
  ConvolutionPrecision(const ConvolutionPrecision&) = delete;
  ConvolutionPrecision& operator=(const ConvolutionPrecision&) = delete;

 private:
  Precision before_;
};

/// That of the thread's innermost ConvolutionPrecision, float32 without one.
Precision current_convolution_precision();

}  // namespace premix
