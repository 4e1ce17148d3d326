#include "premix/train/training_batch.hpp"

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/images.hpp"
#include "support/message_of.hpp"

using namespace premix;
using namespace premix::testing;

namespace {

TrainingBatch plain_batch(const std::string& name, Shape shape, std::uint32_t seed, std::int64_t truth_ratio = 1) {
  const Shape truth{shape.n, shape.h / truth_ratio, shape.w / truth_ratio, shape.c};
  TrainingBatch batch(uniform_image<float>(shape, 0, 1, seed),
                      uniform_image<float>(shape.with_channels(1), 0, 1, seed + 1),
                      uniform_image<float>(truth, 0, 1, seed + 2));
  batch.names = {name};
  return batch;
}

}  // namespace

TEST_CASE("joined batches keep the order of images and names, and may differ in N", "[training_batch]") {
  const TrainingBatch one = plain_batch("a", {1, 12, 16, 2}, 1, 4), two = plain_batch("b", {2, 12, 16, 2}, 5, 4);
  const TrainingBatch all = joined({one, two});
  CHECK(all.names == std::vector<std::string>{"a", "b"});
  CHECK(all.truth_ratio() == 4);
  CHECK(all.images.high_pass.ms.empty());
  REQUIRE(all.tensors().size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Tensor<float> tensor = all.tensors()[i];
    CHECK(tensor.shape().n == 3);
    CHECK(same_bits(tensor.image(0), one.tensors()[i]));
    CHECK(same_bits(tensor.image(1), two.tensors()[i].image(0)));
    CHECK(same_bits(tensor.image(2), two.tensors()[i].image(1)));
  }
}

TEST_CASE("batches of different sizes or tensors cannot be joined", "[training_batch]") {
  const TrainingBatch one = plain_batch("a", {1, 12, 16, 2}, 1);
  CHECK_THAT(message_of(ErrorKind::data,
                        [&] {
                          joined({one, plain_batch("b", {1, 16, 16, 2}, 1)});
                        }),
             contains("a and b differ in size and cannot share a batch: PAN 12 x 16 and 16 x 16") &&
                 contains("batch_size = 1"));
  CHECK_THROWS_WITH(joined({one, plain_batch("b", {1, 12, 16, 2}, 1, 4)}), contains("a and b differ in their tensors"));
  TrainingBatch branches = one;
  branches.images = branch_images(one.images.plain.ms, one.images.plain.pan);
  CHECK_THROWS_WITH(joined({one, branches}), contains("differ in their tensors"));
  CHECK_THROWS_WITH(joined({}), contains("no batches"));
}
