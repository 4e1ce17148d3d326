#include "premix/train/training_batch.hpp"

#include <algorithm>

#include "premix/core/error.hpp"

namespace premix {

TrainingBatch::TrainingBatch(const Batch& batch) : TrainingBatch(batch.up_ms, batch.pan, batch.truth) {
  names = batch.names;
}

TrainingBatch::TrainingBatch(const Tensor<float>& up_ms, const Tensor<float>& pan, const Tensor<float>& target)
    : truth(target) {
  images.plain = {up_ms, pan};
}

TrainingBatch joined(const std::vector<TrainingBatch>& batches) {
  PREMIX_CHECK(!batches.empty(), "joined: no batches");
  const TrainingBatch& first = batches.front();
  // Tensors of a batch in a fixed order.
  const auto tensors_of = [](const TrainingBatch& batch) {
    std::vector<Tensor<float>> tensors;
    batch.images.map([&](const Tensor<float>& tensor) {
      tensors.push_back(tensor);
      return 0;
    });
    tensors.push_back(batch.truth);
    return tensors;
  };
  std::vector<std::vector<Tensor<float>>> parts;
  TrainingBatch result;
  for (const TrainingBatch& batch : batches) {
    if (batch.images.plain.pan.shape().with_channels(0) != first.images.plain.pan.shape().with_channels(0))
      fail(ErrorKind::data, first.names.front(), " and ", batch.names.front(),
           " differ in size and cannot share a batch. Cut them to one size, or set ", Option("batch_size", 1), '.');
    parts.push_back(tensors_of(batch));
    result.names.insert(result.names.end(), batch.names.begin(), batch.names.end());
  }
  std::size_t next = 0;
  const auto join = [&](const Tensor<float>& tensor) {
    const std::size_t index = next++;
    Shape shape = tensor.shape();
    shape.n = 0;
    for (const auto& part : parts) shape.n += part[index].shape().n;
    Tensor<float> whole(shape);
    float* to = whole.mutable_data();
    for (const auto& part : parts) to = std::copy_n(part[index].data(), part[index].size(), to);
    return whole;
  };
  result.images = first.images.map(join);
  result.truth = join(first.truth);
  return result;
}

}  // namespace premix
