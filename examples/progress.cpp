#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace premix::cli {
namespace {

constexpr std::chrono::duration<double> redraw_every(0.1), line_every(10);

}  // namespace

TrainingProgressBar::TrainingProgressBar(int epochs) : epochs_(epochs), terminal_(::isatty(STDOUT_FILENO) == 1) {}

void TrainingProgressBar::start(int first_epoch) {
  start_ = last_print_ = Clock::now();
  if (first_epoch > 0) std::printf("going on after epoch %d\n", first_epoch - 1);
  std::fflush(stdout);
}

double TrainingProgressBar::images_per_second() const {
  const std::chrono::duration<double> passed = Clock::now() - start_;
  return static_cast<double>(images_before_ + images_in_epoch_) / std::max(passed.count(), 1e-9);
}

std::string TrainingProgressBar::time_left(const StepReport& report) const {
  const double epochs_left =
      epochs_ - report.epoch - static_cast<double>(report.images) / static_cast<double>(report.images_in_epoch);
  const auto seconds = static_cast<long long>(
      std::lround(epochs_left * static_cast<double>(report.images_in_epoch) / images_per_second()));
  char text[64];
  std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return text;
}

void TrainingProgressBar::print(const StepReport& report) {
  last_print_ = Clock::now();
  const char* line_start = terminal_ ? "\r\033[K" : "";
  char bar[23] = "";
  if (terminal_) {
    const std::size_t filled = report.images * 20 / report.images_in_epoch;
    std::snprintf(bar, sizeof bar, "[%s%s]", std::string(filled, '=').c_str(), std::string(20 - filled, ' ').c_str());
  }
  std::printf("%sepoch %d of %d %s %zu/%zu  loss %.5f  %.2f images/s  %s left%s", line_start, report.epoch + 1, epochs_,
              bar, report.images, report.images_in_epoch, report.loss, images_per_second(), time_left(report).c_str(),
              terminal_ ? "" : "\n");
  std::fflush(stdout);
}

void TrainingProgressBar::step(const StepReport& report) {
  images_in_epoch_ = report.images;
  if (Clock::now() - last_print_ >= (terminal_ ? redraw_every : line_every)) print(report);
}

void TrainingProgressBar::clear_line() {
  if (terminal_) std::printf("\r\033[K");
}

void TrainingProgressBar::epoch(const EpochReport& report) {
  images_before_ += std::exchange(images_in_epoch_, 0);
  if (!report.validation) return;
  clear_line();
  std::printf("epoch %d of %d  loss %.5f  validation:", report.epoch + 1, epochs_, report.train_loss);
  for (const auto& row : report.validation->rows())
    if (row.metric == "PSNR" || row.metric == "SAM_degrees" || row.metric == "ERGAS_ratio" || row.metric == "SSIM")
      std::printf("  %s %.4f", row.metric.c_str(), row.mean);
  std::printf("%s\n", report.best ? "  best so far" : "");
  for (const auto& [image, metric, value] : report.validation->not_finite())
    std::printf("  %s: %s is %g and stays out of the mean\n", image.c_str(), metric.c_str(), value);
  std::fflush(stdout);
}

}  // namespace premix::cli
