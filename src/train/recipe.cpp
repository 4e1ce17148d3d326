#include "premix/train/recipe.hpp"

#include <array>
#include <cmath>

#include "premix/core/error.hpp"
#include "premix/core/text.hpp"

namespace premix {
namespace {

constexpr std::array<std::string_view, 2> degradation_names = {"published", "mtf"};
constexpr std::array<std::string_view, 3> loss_names = {"l1", "charbonnier", "l1+gradient"};
constexpr std::array<std::string_view, 2> schedule_names = {"step", "cosine"};

template <class Value, std::size_t Count>
Value by_name(std::string_view option, const std::array<std::string_view, Count>& names, std::string_view name) {
  for (std::size_t i = 0; i < Count; ++i)
    if (names[i] == name) return static_cast<Value>(i);
  fail(ErrorKind::usage, Option(option, name), ": unknown. Use one of ", detail::joined(names, ", "), '.');
}

void check_at_least(std::string_view option, double value, double least) {
  if (!(std::isfinite(value) && value >= least))
    fail(ErrorKind::usage, Option(option, value), ": must be ", least, " or more");
}

void check_share(std::string_view option, double value) {
  if (!(value >= 0 && value <= 1)) fail(ErrorKind::usage, Option(option, value), ": must be from 0 to 1");
}

void check_gains(std::string_view option, DrawRange gains) {
  if (!(gains.least > 0 && gains.least <= gains.most && gains.most < 1))
    fail(ErrorKind::usage, Option(option, concat(gains.least, ',', gains.most)),
         ": must be two gains above 0 and below 1, the smaller first");
}

}  // namespace

void Recipe::check() const {
  check_gains("ms_gain", ms_gain);
  check_gains("pan_gain", pan_gain);
  if (!(full_resolution_gain > 0 && full_resolution_gain < 1))
    fail(ErrorKind::usage, Option("full_resolution_gain", full_resolution_gain), ": must be above 0 and below 1");
  if (train_ratio < 0) fail(ErrorKind::usage, Option("train_ratio", train_ratio), ": must be 1 or more");
  if (crop != 0 && (crop < 12 || crop % 4 != 0))
    fail(ErrorKind::usage, Option("crop", crop), ": must be a multiple of 4, 12 or more, or 0 for whole images");
  check_at_least("crops_per_image", static_cast<double>(crops_per_image), 1);
  check_at_least("visits", static_cast<double>(visits), 1);
  if (!(brightness.least > 0 && brightness.least <= brightness.most && brightness.most <= 100))
    fail(ErrorKind::usage, Option("brightness", concat(brightness.least, ',', brightness.most)),
         ": must be two factors above 0, at most 100, the smaller first");
  check_at_least("band_brightness", band_brightness, 1);
  check_at_least("noise", noise, 0);
  if (!(shift >= 0 && shift <= 0.5)) fail(ErrorKind::usage, Option("shift", shift), ": must be from 0 to 0.5");
  check_share("pan_mix", pan_mix);
  check_at_least("bias", bias, 0);
  check_share("full_resolution", full_resolution);
  check_at_least("detail", detail, 0);
  check_at_least("clip_norm", clip_norm, 0);
  if (!(average >= 0 && average < 1))
    fail(ErrorKind::usage, Option("average", average), ": must be 0 or more and below 1");
  const bool draws = crop > 0 || crops_per_image > 1 || visits > 1 || dihedral || brightness != DrawRange{1, 1} ||
                     band_brightness > 1 || noise > 0 || shift > 0 || pan_mix > 0 || full_resolution > 0;
  if (is_published() && draws)
    fail(ErrorKind::usage, Option("degradation", "published"),
         ": trains on whole images as they are. For crops and augmentation set ", Option("degradation", "mtf"), '.');
}

Recipe sharp_recipe() {
  return {.degradation = Degradation::mtf,
          .crop = 64,
          .crops_per_image = 2,
          .dihedral = true,
          .brightness = {0.25, 1.3},
          .band_brightness = 1.25,
          .noise = 0.002,
          .shift = 0.25,
          .pan_mix = 0.3,
          .bias = 1,
          .full_resolution = 0.25,
          .schedule = Schedule::cosine,
          .average = 0.998,
          .clip_norm = 1};
}

std::string_view degradation_name(Degradation degradation) {
  return degradation_names[static_cast<std::size_t>(degradation)];
}
std::string_view loss_name(LossKind loss) { return loss_names[static_cast<std::size_t>(loss)]; }
std::string_view schedule_name(Schedule schedule) { return schedule_names[static_cast<std::size_t>(schedule)]; }

Degradation degradation_by_name(std::string_view name) {
  return by_name<Degradation>("degradation", degradation_names, name);
}
LossKind loss_by_name(std::string_view name) { return by_name<LossKind>("loss", loss_names, name); }
Schedule schedule_by_name(std::string_view name) { return by_name<Schedule>("schedule", schedule_names, name); }

}  // namespace premix
