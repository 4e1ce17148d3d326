#pragma once

#include <thread>
#include <vector>

#include "infer/sharpener/bounded_queue.hpp"
#include "infer/sharpener/pixel_window.hpp"
#include "premix/infer/scene_sink.hpp"

namespace premix::infer {

/// A piece of a fused scene: window, values (h, w, B) and valid (h, w).
using Piece = PixelWindow;

/// Passes pieces to SceneSink::write in order, on a separate thread.
class PieceWriter {
 public:
  explicit PieceWriter(const SceneSink& sink) {
    thread_ = std::thread([this, &sink] {
      try {
        while (const auto piece = queue_.pop()) sink.write(piece->window, piece->values.data(), piece->valid.data());
      } catch (...) {
        error_ = std::current_exception();
        queue_.close();
      }
    });
  }
  ~PieceWriter() { join(); }
  PieceWriter(const PieceWriter&) = delete;
  PieceWriter& operator=(const PieceWriter&) = delete;

  /// Queues a piece; waits while the queue is full. Rethrows exceptions of the sink.
  void write(Piece piece) {
    if (!queue_.push(std::move(piece))) finish();
  }

  /// Waits until all pieces are written. Rethrows exceptions of the sink.
  void finish() {
    join();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  /// Pool memory of the pieces waiting, being written, and next.
  static PoolBlocks blocks(std::int64_t bands, std::int64_t most_pixels) {
    return (static_cast<std::int64_t>(most_waiting) + 2) * PixelWindow::blocks(bands, most_pixels);
  }

 private:
  void join() {
    queue_.finish();
    if (thread_.joinable()) thread_.join();
  }

  static constexpr std::size_t most_waiting = 2;

  BoundedQueue<Piece> queue_{most_waiting};
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace premix::infer
