#include <optional>
#include <thread>

#include "premix/core/precision.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

namespace premix {

TEST_CASE("precisions have names, and the error on an unknown name lists them", "[precision]") {
  for (const auto& [precision, name] : {std::pair{Precision::float32, "fp32"}, std::pair{Precision::tf32, "tf32"},
                                        std::pair{Precision::bfloat16, "bf16"}}) {
    CHECK(precision_name(precision) == name);
    CHECK(precision_by_name(name) == precision);
  }
  const std::string message = message_of(ErrorKind::usage, [] { precision_by_name("fp16"); });
  CHECK_THAT(message, contains("'fp16'") && contains("fp32, tf32 or bf16"));
}

TEST_CASE("the innermost convolution precision applies, on its own thread only", "[precision]") {
  CHECK(current_convolution_precision() == Precision::float32);
  {
    const ConvolutionPrecision outer(Precision::tf32);
    CHECK(current_convolution_precision() == Precision::tf32);
    {
      const ConvolutionPrecision inner(Precision::bfloat16);
      CHECK(current_convolution_precision() == Precision::bfloat16);
      std::optional<Precision> elsewhere;
      std::thread([&] { elsewhere = current_convolution_precision(); }).join();
      CHECK(elsewhere == Precision::float32);
      const ConvolutionPrecision exact(Precision::float32);
      CHECK(current_convolution_precision() == Precision::float32);
    }
    CHECK(current_convolution_precision() == Precision::tf32);
  }
  CHECK(current_convolution_precision() == Precision::float32);
}

}  // namespace premix
