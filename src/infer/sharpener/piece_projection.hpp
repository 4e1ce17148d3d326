#pragma once

#include <vector>

#include "infer/projection/projection_round.hpp"
#include "infer/sharpener/piece_writer.hpp"
#include "infer/sharpener/scene_views.hpp"
#include "infer/sharpener/strip_fuser.hpp"

namespace premix::infer {

/// How the pieces of a scene are back-projected: which pixels take part in which round. It is asked about pieces in the
/// scene's pixels, and what a pixel sees depends on its place in the scene alone.
class ProjectionPlan {
 public:
  ProjectionPlan(const SceneGeometry& scene, int rounds);

  const ProjectionGrid& grid() const { return grid_; }

  /// What the rounds see for a piece, the last round first. None where nothing of the piece is corrected.
  std::vector<ProjectionReach> rounds_of(const Window& piece) const;
  /// The pixels of a piece that lie on the MS, which alone are corrected.
  Window corrected_part(const Window& piece) const;
  /// The piece and all PAN pixels that its rounds see.
  Window seen(const Window& piece) const;
  /// The columns that are fused for those of pieces, from a multiple of 16 on.
  Span columns_fused(Span wanted) const;

  /// Rows or columns that are seen at most on each side of a piece, rows and columns that columns_fused() adds among
  /// them.
  std::int64_t most_rows_around() const;
  std::int64_t most_columns_around() const;

 private:
  ProjectionGrid grid_;
  Window served_;  // of the PAN
  int rounds_;
};

/// Fuses the pieces of a strip, from top to bottom, and back-projects them (back_projected()). Invalid MS pixels, and
/// those on whose areas an invalid fused pixel lies, correct nothing. Each row is fused once: what the next piece sees
/// of it is kept.
class PieceProjection {
 public:
  /// fused: the columns that the fuser gives. largest: height and width of the largest piece.
  PieceProjection(const ProjectionPlan& plan, SceneViews& views, StripFuser& fuser, Span fused, std::int64_t bands,
                  const Window& largest);

  /// A piece below those before. Zeros, and nothing is fused, where no pixel is valid.
  Piece piece(const Window& window);

  /// The memory that is kept, beside pieces.
  static PoolBlocks blocks(const ProjectionPlan& plan, Span fused, std::int64_t bands, const Window& largest);
  /// And that in which a piece is back-projected.
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
  std::int64_t first_ = 0, end_ = 0;  // rows that are kept
  Numbers<float> rows_;               // (rows kept, fused columns, B)
};

}  // namespace premix::infer
