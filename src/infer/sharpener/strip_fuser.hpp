#pragma once

#include <functional>
#include <memory>
#include <variant>
#include <vector>

#include "infer/network/network_rows.hpp"
#include "infer/sharpener/scene_views.hpp"

namespace premix::infer {

/// Fuses the wanted columns of a strip of a scene, from top to bottom.
class StripFuser {
 public:
  virtual ~StripFuser() = default;

  /// Rows begin .. end - 1 of the result, (end - begin, wanted columns, B). Ranges come from top to bottom; some may be
  /// left out.
  virtual void fuse(std::int64_t begin, std::int64_t end, float* to) = 0;
};

/// By NetworkRows. Where more rows are left out than the warm-up takes, it begins anew below them.
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
  std::int64_t at_once_, first_ = 0;  // the scene's row that is the network's first
  std::unique_ptr<NetworkRows<S>> rows_;
};

/// A fusion of an image, which sees `reach` pixels around each.
struct ImageFusion {
  std::int64_t reach = 0;
  std::function<Tensor<float>(const BranchImages<float>&, const Window& block)>
      fuse;  // the pixels `block` -> (1, H, W, B) on the CPU
  std::function<PoolBlocks(const Window& block, std::int64_t bands)>
      blocks;  // what it allocates on the CPU, the result among them
};

using FusionMethod = std::variant<PackedNetwork<float>, PackedNetwork<bf16_t>, ImageFusion>;

/// By blocks of rows from multiples of `height` on, each with what is seen around it.
class BlocksFuser : public StripFuser {
 public:
  BlocksFuser(SceneViews& views, const ImageFusion& fusion, Span wanted, std::int64_t height)
      : views_(views), fusion_(fusion), wanted_(wanted), height_(height) {}

  void fuse(std::int64_t begin, std::int64_t end, float* to) override;

  /// image: all that is seen of the scene, its height as the network wants it.
  static PoolBlocks blocks(const ImageFusion& fusion, const Window& image, std::int64_t bands, std::int64_t height);

 private:
  void fuse_block(std::int64_t block);

  SceneViews& views_;
  const ImageFusion& fusion_;
  Span wanted_;
  std::int64_t height_, block_ = -1, block_top_ = 0;
  Tensor<float> fused_;  // of the block and what is seen around it
};

/// A margin around blocks, so that they begin where the network may.
constexpr std::int64_t block_margin(std::int64_t reach) { return (reach + 3) / 4 * 4; }

}  // namespace premix::infer
