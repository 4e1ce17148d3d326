#pragma once

#include <vector>

#include "core/pool_blocks.hpp"
#include "infer/network/reach.hpp"
#include "infer/network/sub_model_rows.hpp"

namespace premix::infer {

using core::PoolBlocks;

/// Device of a model's parameters.
Device device_of(const PreMix<float>& model);

/// Whether NetworkRows supports the model on its device.
bool runs_by_rows(const PreMix<float>& model);

/// The nine sub-models with packed weights, in the order of sub_model_order.
template <class S>
struct PackedNetwork {
  std::vector<PackedSubModel<S>> sub_models;
  SubModelReach reach;   // sub_model_reach()
  std::int64_t warm_up;  // network_warm_up()

  explicit PackedNetwork(const PreMix<float>& model);
};

/// Rows of the branches' images: each ms (rows, W, B), each pan (rows, W, 1).
using BranchRows = PerBranch<const float*>;

/// Columns of an image to fuse.
struct Strip {
  std::int64_t height;   // of the image
  Span seen;             // pushed columns: the wanted ones and the network's halo, within the image
  Span wanted;           // of the result
  std::int64_t at_once;  // rows per push(), a multiple of 16; does not affect the result
};

/// Columns to push for the wanted columns of an image of `width` columns.
template <class S>
Span columns_seen(const PackedNetwork<S>& network, Span wanted, std::int64_t width);

/// Streams a strip of an image of any height through the network. Result rows come out as soon as their receptive field
/// was pushed. Memory depends on the strip's width only. Later sub-models compute fewer columns. Height and width of
/// the image: multiples of 4, at least 12. Columns: multiples of 16, or the image's last.
template <class S>
class NetworkRows {
 public:
  NetworkRows(const PackedNetwork<S>& network, const Strip& strip);

  /// Pool memory for a strip, if result rows are released as they come.
  static PoolBlocks blocks(const PackedNetwork<S>& network, const Strip& strip);

  /// Rows that push() takes: strip.at_once, or the remaining ones. After the last row, each push() yields at_once rows
  /// of the remaining result.
  std::int64_t next_count() const { return std::min(strip_.at_once, strip_.height - pushed_); }
  void push(const BranchRows& rows);

  std::int64_t pushed() const { return pushed_; }      // rows of the image
  std::int64_t finished() const { return finished_; }  // rows of the result
  /// Row (wanted columns, B) of the result, valid until release_before() releases it.
  const float* row(std::int64_t y) { return result_.at(y); }
  std::int64_t row_size() const { return strip_.wanted.size() * bands_; }
  void release_before(std::int64_t end) { taken_ = end; }

 private:
  // Counts the rows of maps without memory for them.
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
  RollingRows<float> added_, result_;  // (H, wanted, B): MS to add to the last image, and the sum
  std::int64_t pushed_ = 0, finished_ = 0, taken_ = 0;
};

/// Recommended rows per push(). Fewer copy kept rows more often; more cost memory without saving time.
std::int64_t rows_at_once(std::int64_t width, std::int64_t features, std::size_t size);

}  // namespace premix::infer
