#include "infer/sharpener/strip_fuser.hpp"

#include <algorithm>

#include "infer/network/network_memory.hpp"
#include "premix/core/parallel.hpp"

namespace premix::infer {

namespace {

constexpr std::int64_t tile = 16;  // alignment of the network's first row

}  // namespace

template <class S>
void RowsFuser<S>::fuse(std::int64_t begin, std::int64_t end, float* to) {
  const std::int64_t start = std::max<std::int64_t>(0, begin / tile * tile - network_.warm_up);
  if (!rows_ || start > first_ + rows_->pushed()) {
    first_ = start;
    rows_.reset();  // frees its memory before the new allocation
    rows_ = std::make_unique<NetworkRows<S>>(network_,
                                             Strip{views_.height() - first_, views_.columns(), wanted_, at_once_});
  }
  NetworkRows<S>& rows = *rows_;
  for (std::int64_t y = begin; y < end;) {
    for (; y < std::min(end, first_ + rows.finished()); ++y) {
      to = std::copy_n(rows.row(y - first_), rows.row_size(), to);
    }
    rows.release_before(std::min(y - first_, rows.finished()));
    if (y == end) break;
    const std::int64_t count = rows.next_count(), top = first_ + rows.pushed();
    if (count == 0) {
      rows.push({});
      continue;
    }
    const BranchImages<float> seen = views_.rows(top, top + count);
    rows.push(seen.map([](const Tensor<float>& image) { return image.data(); }));
  }
}

template <class S>
PoolBlocks RowsFuser<S>::blocks(const PackedNetwork<S>& network, const Strip& strip) {
  PoolBlocks maps;
  Strip from = strip;  // the first row determines the rows of the last step
  for (std::int64_t begin = 0; begin < std::min(strip.at_once, strip.height); begin += tile) {
    from.height = strip.height - begin;
    maps = maps | NetworkRows<S>::blocks(network, from);
  }
  return maps + threads() * thread_blocks(network, strip.seen.size());
}

namespace {

// Rows of a block and its halo.
Span rows_of_block(std::int64_t block, std::int64_t height, std::int64_t margin, std::int64_t scene_height) {
  return {std::max<std::int64_t>(0, block * height - margin), std::min(scene_height, (block + 1) * height + margin)};
}

}  // namespace

PoolBlocks BlocksFuser::blocks(const ImageFusion& fusion, const Window& image, std::int64_t bands,
                               std::int64_t height) {
  PoolBlocks blocks;
  const std::int64_t last = (image.height - 1) / height, margin = block_margin(fusion.reach);
  for (const std::int64_t block : {std::int64_t{0}, std::int64_t{1}, last - 1, last}) {
    const Span rows = rows_of_block(std::clamp<std::int64_t>(block, 0, last), height, margin, image.height);
    blocks = blocks | fusion.blocks(Window::of(rows, image.columns()), bands);
  }
  return blocks;
}

void BlocksFuser::fuse_block(std::int64_t block) {
  const auto [top, bottom] = rows_of_block(block, height_, block_margin(fusion_.reach), views_.height());
  const Span columns = views_.columns();
  fused_ = {};  // frees its memory before the new allocation
  fused_ = fusion_.fuse(views_.rows(top, bottom), {top, columns.begin, bottom - top, columns.size()});
  block_ = block;
  block_top_ = top;
}

void BlocksFuser::fuse(std::int64_t begin, std::int64_t end, float* to) {
  for (std::int64_t y = begin; y < end; ++y) {
    if (y / height_ != block_) fuse_block(y / height_);
    const Shape s = fused_.shape();
    const float* from = fused_.data() + ((y - block_top_) * s.w + wanted_.begin - views_.columns().begin) * s.c;
    to = std::copy_n(from, wanted_.size() * s.c, to);
  }
}

template class RowsFuser<float>;
template class RowsFuser<bf16_t>;

}  // namespace premix::infer
