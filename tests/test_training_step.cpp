#include "golden_checks/training.hpp"
#include "support/catch.hpp"

namespace premix {

TEST_CASE("golden: a training by Adam follows that of the published code", "[premix][golden]") {
  golden::for_each_file("train_*.safetensors", [](golden::File& file) {
    golden::check_training<float>(file, cpu());
    golden::check_training<double>(file, cpu());
    file.check_complete();
  });
}

}  // namespace premix
