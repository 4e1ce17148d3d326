#pragma once

#include <vector>

#include "infer/projection/projection_round.hpp"
#include "infer/sharpener/piece_writer.hpp"
#include "infer/sharpener/scene_views.hpp"
#include "infer/sharpener/strip_fuser.hpp"

namespace premix::infer {

/// Pixels used by each round of back-projection of a piece. Pieces are windows in scene pixels. The pixels used depend
/// only on the position in the scene.
class ProjectionPlan {
 public:
  ProjectionPlan(const SceneGeometry& scene, int rounds);

  const ProjectionGrid& grid() const { return grid_; }

  /// Pixels used by the rounds of a piece, last round first. Empty if no pixel of the piece is corrected.
  std::vector<ProjectionReach> rounds_of(const Window& piece) const;
  /// Corrected pixels of a piece: those on the MS.
  Window corrected_part(const Window& piece) const;
  /// The piece and all PAN pixels used by its rounds.
  Window seen(const Window& piece) const;
  /// Columns to fuse for the columns of pieces. Begins at a multiple of 16.
  Span columns_fused(Span wanted) const;

  /// Maximum rows or columns used on each side of a piece, including those added by columns_fused().
  std::int64_t most_rows_around() const;
  std::int64_t most_columns_around() const;

 private:
  ProjectionGrid grid_;
  Window served_;  // of the PAN
  int rounds_;
};

/// Fuses and back-projects (back_projected()) the pieces of a strip, from top to bottom. MS pixels that are invalid, or
/// have invalid fused pixels on their area, correct nothing. Each row is fused once; rows used by the next piece are
/// kept.
class PieceProjection {
 public:
  /// fused: columns computed by the fuser. largest: height and width of the largest piece.
  PieceProjection(const ProjectionPlan& plan, SceneViews& views, StripFuser& fuser, Span fused, std::int64_t bands,
                  const Window& largest);

  /// Next piece, below all previous ones. Without valid pixels it is zero and nothing is fused.
  Piece piece(const Window& window);

  /// Pool memory kept between pieces, without the pieces.
  static PoolBlocks blocks(const ProjectionPlan& plan, Span fused, std::int64_t bands, const Window& largest);
  /// Work memory of the back-projection of a piece.
  static PoolBlocks work_blocks(const ProjectionPlan& plan, std::int64_t bands, const Window& piece);

 private:
  struct Sizes {
    std::int64_t piece_pixels, fused_rows, seen_pixels;
    Sizes(const ProjectionPlan& plan, Span fused, const Window& largest);
  };

  void fuse_rows(const Window& window);
  void copy_fused(const Window& window, float* to) const;
  ImagePart projected(const Window& piece, ImagePart image, const Numbers<std::uint8_t>& valid);

  const ProjectionPlan& plan_;
  SceneViews& views_;
  StripFuser& fuser_;
  Span fused_;
  std::int64_t bands_;
  Sizes sizes_;
  std::int64_t first_ = 0, end_ = 0;  // kept rows
  Numbers<float> rows_;               // (kept rows, fused columns, B)
};

}  // namespace premix::infer
