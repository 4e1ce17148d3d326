#pragma once

#include <thread>
#include <vector>

#include "infer/sharpener/bounded_queue.hpp"
#include "premix/infer/scene_sink.hpp"

namespace premix::infer {

/// A piece of a fused scene.
struct Piece {
  Window window;
  std::vector<float> values;        // (h, w, B)
  std::vector<std::uint8_t> valid;  // (h, w)
};

/// Gives pieces to SceneSink::write, in their order, on a thread of its own.
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

  /// Waits while too many pieces are still to be written. Throws what write threw.
  void write(Piece piece) {
    if (!queue_.push(std::move(piece))) finish();
  }

  /// Waits until all is written. Throws what write threw.
  void finish() {
    join();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void join() {
    queue_.finish();
    if (thread_.joinable()) thread_.join();
  }

  BoundedQueue<Piece> queue_{2};
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace premix::infer
