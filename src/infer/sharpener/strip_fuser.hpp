#pragma once

#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "infer/network/network_rows.hpp"
#include "infer/sharpener/scene_views.hpp"

namespace premix::infer {

/// Fuses the wanted columns of a strip, from top to bottom.
class StripFuser {
 public:
  virtual ~StripFuser() = default;

  /// Writes rows begin .. end - 1 of the result, (end - begin, wanted columns, B). Ranges must come from top to bottom;
  /// rows may be skipped.
  virtual void fuse(std::int64_t begin, std::int64_t end, float* to) = 0;
};

/// Fuses by NetworkRows. Restarts after a gap of more rows than the warm-up.
template <class S>
class RowsFuser : public StripFuser {
 public:
  RowsFuser(SceneViews& views, const PackedNetwork<S>& network, Span wanted, std::int64_t at_once)
      : views_(views), network_(network), wanted_(wanted), at_once_(at_once) {}

  void fuse(std::int64_t begin, std::int64_t end, float* to) override;

  static PoolBlocks blocks(const PackedNetwork<S>& network, const Strip& strip);

 private:
  SceneViews& views_;
  const PackedNetwork<S>& network_;
  Span wanted_;
  std::int64_t at_once_, first_ = 0;  // scene row of the network's first row
  std::unique_ptr<NetworkRows<S>> rows_;
};

/// Fusion of image blocks with a receptive field of `reach` pixels each way.
struct ImageFusion {
  std::int64_t reach = 0;
  /// Pixels `block` -> (1, H, W, B) on the CPU.
  std::function<Tensor<float>(const BranchImages<float>&, const Window& block)> fuse;
  /// Pool memory of fuse() on the CPU, including the result.
  std::function<PoolBlocks(const Window& block, std::int64_t bands)> blocks;
};

using StripMethod = std::variant<PackedNetwork<float>, PackedNetwork<bf16_t>, ImageFusion>;

/// Fuses by blocks of rows, from multiples of `height`, each with its halo.
class BlocksFuser : public StripFuser {
 public:
  BlocksFuser(SceneViews& views, const ImageFusion& fusion, Span wanted, std::int64_t height)
      : views_(views), fusion_(fusion), wanted_(wanted), height_(height) {}

  void fuse(std::int64_t begin, std::int64_t end, float* to) override;

  /// image: all input columns of the scene, with the network's padded height.
  static PoolBlocks blocks(const ImageFusion& fusion, const Window& image, std::int64_t bands, std::int64_t height);

 private:
  void fuse_block(std::int64_t block);

  SceneViews& views_;
  const ImageFusion& fusion_;
  Span wanted_;
  std::int64_t height_, block_ = -1, block_top_ = 0;
  Tensor<float> fused_;  // the block and its halo
};

/// Halo of blocks: reach rounded up to the alignment of the network.
constexpr std::int64_t block_margin(std::int64_t reach) { return (reach + 3) / 4 * 4; }

}  // namespace premix::infer
