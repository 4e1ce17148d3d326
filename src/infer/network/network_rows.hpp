#pragma once

#include <vector>

#include "core/pool_blocks.hpp"
#include "infer/network/reach.hpp"
#include "infer/network/sub_model_rows.hpp"

namespace premix::infer {

using core::PoolBlocks;

/// Where a model is.
Device device_of(const PreMix<float>& model);

/// Whether there are kernels for a network like this where it is.
bool runs_by_rows(const PreMix<float>& model);

/// The nine sub-models, in the order of sub_model_order.
template <class S>
struct PackedNetwork {
  std::vector<PackedSubModel<S>> sub_models;
  SubModelReach reach;   // sub_model_reach()
  std::int64_t warm_up;  // network_warm_up()

  explicit PackedNetwork(const PreMix<float>& model);
};

/// Rows of the branches' images: each ms (rows, W, B), each pan (rows, W, 1).
using BranchRows = PerBranch<const float*>;

/// A part of an image's columns that is fused.
struct Strip {
  std::int64_t height;   // of the image
  Span seen;             // the columns that are pushed: those wanted and the network's reach, as far as the image goes
  Span wanted;           // of the result
  std::int64_t at_once;  // rows that are pushed at once, a multiple of 16. The result does not depend on it
};

/// The columns that are to be pushed for those wanted of an image of `width` columns.
template <class S>
Span columns_seen(const PackedNetwork<S>& network, Span wanted, std::int64_t width);

/// The network over a strip of an image of any height: rows of it go in, and the rows of the result come out as soon as
/// they depend on nothing that is still to come. Memory grows with the strip's width alone. The sub-models that run
/// later compute fewer columns. Height and width of the image are multiples of 4 and at least 12, columns multiples of
/// 16 or the image's last.
template <class S>
class NetworkRows {
 public:
  NetworkRows(const PackedNetwork<S>& network, const Strip& strip);

  /// The memory of one for a strip, where result rows are taken as they come.
  static PoolBlocks blocks(const PackedNetwork<S>& network, const Strip& strip);

  /// Rows that push() wants: strip.at_once, or all that are left. When all have been pushed, what remains of the result
  /// comes at_once rows at a time, too.
  std::int64_t next_count() const { return std::min(strip_.at_once, strip_.height - pushed_); }
  void push(const BranchRows& rows);

  std::int64_t pushed() const { return pushed_; }      // rows of the image
  std::int64_t finished() const { return finished_; }  // rows of the result
  /// A row (wanted columns, B) of the result; it is there until release_before() says that it may go.
  const float* row(std::int64_t y) { return result_.at(y); }
  std::int64_t row_size() const { return strip_.wanted.size() * bands_; }
  void release_before(std::int64_t end) { taken_ = end; }

 private:
  // One without memory for its maps, which counts their rows.
  struct Rehearsal {};
  NetworkRows(const PackedNetwork<S>& network, const Strip& strip, Rehearsal);
  void rehearse();
  template <class Fn>
  void for_each_map(const Fn& fn);

  void push_inputs(const BranchRows& rows);
  void advance();
  void finish();

  Strip strip_;
  std::int64_t bands_;
  std::vector<SubModelRows<S>> sub_models_;
  RollingRows<float> added_, result_;  // (H, wanted, B): MS, which is added to the last image, and the sum
  std::int64_t pushed_ = 0, finished_ = 0, taken_ = 0;
};

/// A good number of rows to push at once. Fewer would move more of the rows that are kept; more would cost memory and
/// win no time.
std::int64_t rows_at_once(std::int64_t width, std::int64_t features, std::size_t size);

}  // namespace premix::infer
