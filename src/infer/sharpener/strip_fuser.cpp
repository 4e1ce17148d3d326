#include "infer/sharpener/strip_fuser.hpp"

#include <algorithm>

namespace premix::infer {

template <class S>
void RowsFuser<S>::fuse(std::int64_t begin, std::int64_t end, float* to) {
  constexpr std::int64_t tile = 16;
  const std::int64_t start = std::max<std::int64_t>(0, begin / tile * tile - network_.warm_up);
  if (!rows_ || start > first_ + rows_->pushed()) {
    first_ = start;
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

void BlocksFuser::fuse_block(std::int64_t block) {
  const std::int64_t margin = block_margin(fusion_.reach), top = std::max<std::int64_t>(0, block * height_ - margin);
  const std::int64_t bottom = std::min(views_.height(), (block + 1) * height_ + margin);
  const Span columns = views_.columns();
  fused_ = fusion_.fuse(views_.rows(top, bottom), {top, columns.begin, bottom - top, columns.size()});
  block_ = block, block_top_ = top;
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
