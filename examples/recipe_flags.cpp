#include "recipe_flags.hpp"

#include "premix/core/error.hpp"

namespace premix::cli {
namespace {

struct ValueFlag {
  const char *name, *help;
  double Recipe::*value;
};

constexpr ValueFlag value_flags[] = {
    {"--band_brightness", "Random factor of each band, 1/B to B", &Recipe::band_brightness},
    {"--noise", "Largest standard deviation of added noise; 1 is max_val", &Recipe::noise},
    {"--shift", "Largest random shift of the PAN, in pixels of the reduced PAN", &Recipe::shift},
    {"--pan_mix", "Share of images with a random mix of bands in the PAN", &Recipe::pan_mix},
    {"--bias", "Weight of the differences of block means, which tell a colour bias", &Recipe::bias},
    {"--full_resolution", "Share of batches at full resolution, where the MS is the truth", &Recipe::full_resolution},
    {"--full_resolution_gain", "MTF gain of the MS instrument in these batches", &Recipe::full_resolution_gain},
    {"--detail", "Weight of the correlation with the PAN's detail in these batches", &Recipe::detail},
    {"--average", "Decay of the averaged weights per step; 0: no averaging", &Recipe::average},
    {"--clip_norm", "Largest norm of the gradients; 0: no clipping", &Recipe::clip_norm},
};

struct CountFlag {
  const char *name, *help;
  std::int64_t Recipe::*value;
};

constexpr CountFlag count_flags[] = {
    {"--crop", "Side of a random crop in pixels, a multiple of 4; 0: whole images", &Recipe::crop},
    {"--crops_per_image", "Crops of one image in a batch", &Recipe::crops_per_image},
    {"--visits", "Draws of each image per epoch", &Recipe::visits},
};

Recipe recipe_by_name(const std::string& name) {
  if (name == "published") return {};
  if (name == "sharp") return sharp_recipe();
  fail(ErrorKind::usage, "--recipe ", name, ": unknown. Use published or sharp.");
}

}  // namespace

void RecipeFlags::add_to(CLI::App& app) {
  app_ = &app;
  const char* group = "Recipe";
  app.add_option("--recipe", name_, "published, or sharp: for weights that fuse real scenes; flags below change parts")
      ->capture_default_str()
      ->group(group);
  app.add_option("--degradation", degradation_, "How training images are reduced: published or mtf")->group(group);
  app.add_option("--train_ratio", given_.train_ratio, "Ratio that the network learns; default: that of the images")
      ->group(group);
  app.add_option("--ms_gain", ms_gain_, "Range of the MS instrument's MTF gain at the Nyquist frequency: LEAST,MOST")
      ->delimiter(',')
      ->expected(2)
      ->group(group);
  app.add_option("--pan_gain", pan_gain_, "Range of the PAN's gain, likewise")
      ->delimiter(',')
      ->expected(2)
      ->group(group);
  app.add_option("--brightness", brightness_, "Range of a random factor of the image values: LEAST,MOST")
      ->delimiter(',')
      ->expected(2)
      ->group(group);
  for (const CountFlag& flag : count_flags) app.add_option(flag.name, given_.*flag.value, flag.help)->group(group);
  app.add_flag("--dihedral,!--no_dihedral", given_.dihedral, "Random flips and transposition")->group(group);
  for (const ValueFlag& flag : value_flags) app.add_option(flag.name, given_.*flag.value, flag.help)->group(group);
  app.add_option("--loss", loss_, "l1, charbonnier or l1+gradient")->group(group);
  app.add_option("--schedule", schedule_, "Learning rate: step (times 0.8 every 50 epochs) or cosine")->group(group);
}

Recipe RecipeFlags::recipe() const {
  Recipe result = recipe_by_name(name_);
  const auto given = [&](const char* flag) { return app_->count(flag) > 0; };
  if (!degradation_.empty()) result.degradation = degradation_by_name(degradation_);
  if (!loss_.empty()) result.loss = loss_by_name(loss_);
  if (!schedule_.empty()) result.schedule = schedule_by_name(schedule_);
  if (given("--train_ratio")) result.train_ratio = given_.train_ratio;
  if (given("--ms_gain")) result.ms_gain = {ms_gain_[0], ms_gain_[1]};
  if (given("--pan_gain")) result.pan_gain = {pan_gain_[0], pan_gain_[1]};
  if (given("--brightness")) result.brightness = {brightness_[0], brightness_[1]};
  if (given("--dihedral")) result.dihedral = given_.dihedral;
  for (const CountFlag& flag : count_flags)
    if (given(flag.name)) result.*flag.value = given_.*flag.value;
  for (const ValueFlag& flag : value_flags)
    if (given(flag.name)) result.*flag.value = given_.*flag.value;
  result.check();
  return result;
}

}  // namespace premix::cli
