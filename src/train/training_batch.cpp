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

std::vector<Tensor<float>> TrainingBatch::tensors() const {
  std::vector<Tensor<float>> result;
  map([&](const Tensor<float>& tensor) {
    result.push_back(tensor);
    return tensor;
  });
  return result;
}

namespace {

void check_same_size(const TrainingBatch& first, const TrainingBatch& other) {
  const auto as_one_image = [](const TrainingBatch& batch) {
    std::vector<Shape> shapes;
    for (const Tensor<float>& tensor : batch.tensors()) shapes.push_back({1, tensor.shape().h, tensor.shape().w, 1});
    return shapes;
  };
  const auto name = [](const TrainingBatch& batch) { return batch.names.empty() ? "an image" : batch.names.front(); };
  const Shape pan = first.images.plain.pan.shape(), other_pan = other.images.plain.pan.shape();
  if (pan.h != other_pan.h || pan.w != other_pan.w)
    fail(ErrorKind::data, name(first), " and ", name(other), " differ in size and cannot share a batch: PAN ", pan.h,
         " x ", pan.w, " and ", other_pan.h, " x ", other_pan.w, ". Cut them to one size, or set ",
         Option("batch_size", 1), '.');
  PREMIX_CHECK(as_one_image(first) == as_one_image(other), "joined: ", name(first), " and ", name(other),
               " differ in their tensors. Give all samples of a kind the same branches and truth.");
}

}  // namespace

TrainingBatch joined(const std::vector<TrainingBatch>& batches) {
  PREMIX_CHECK(!batches.empty(), "joined: no batches");
  TrainingBatch result;
  std::vector<std::vector<Tensor<float>>> parts;
  for (const TrainingBatch& batch : batches) {
    check_same_size(batches.front(), batch);
    parts.push_back(batch.tensors());
    result.names.insert(result.names.end(), batch.names.begin(), batch.names.end());
  }
  std::size_t next = 0;
  const TrainingBatch whole = batches.front().map([&](const Tensor<float>& tensor) {
    const std::size_t index = next++;
    Shape shape = tensor.shape();
    shape.n = 0;
    for (const auto& part : parts) shape.n += part[index].shape().n;
    Tensor<float> all(shape);
    float* to = all.mutable_data();
    for (const auto& part : parts) to = std::copy_n(part[index].data(), part[index].size(), to);
    return all;
  });
  result.images = whole.images;
  result.truth = whole.truth;
  return result;
}

}  // namespace premix
