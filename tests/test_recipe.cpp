#include "premix/train/recipe.hpp"

#include <functional>

#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"

using namespace premix;

TEST_CASE("both recipes are valid, and the default one is that of the published code", "[recipe]") {
  CHECK_NOTHROW(Recipe().check());
  CHECK_NOTHROW(sharp_recipe().check());
  CHECK(Recipe().is_published());
  CHECK(!sharp_recipe().is_published());
  CHECK(Recipe() == Recipe{});
  CHECK(Recipe() != sharp_recipe());
}

TEST_CASE("a recipe refuses each invalid value by its name", "[recipe][error]") {
  struct Case {
    std::function<void(Recipe&)> change;
    const char* message;
  };
  const Case cases[] = {
      {[](Recipe& r) {
         r.ms_gain = {0.5, 0.2};
       },
       "ms_gain = 0.5,0.2: must be two gains above 0 and below 1"},
      {[](Recipe& r) {
         r.pan_gain = {0, 0.2};
       },
       "pan_gain = 0,0.2: must be two gains"},
      {[](Recipe& r) { r.full_resolution_gain = 1; }, "full_resolution_gain = 1: must be above 0 and below 1"},
      {[](Recipe& r) { r.train_ratio = -1; }, "train_ratio = -1: must be 1 or more"},
      {[](Recipe& r) { r.crop = 30; }, "crop = 30: must be a multiple of 4, 12 or more, or 0 for whole images"},
      {[](Recipe& r) { r.crop = 8; }, "crop = 8: "},
      {[](Recipe& r) { r.crops_per_image = 0; }, "crops_per_image = 0: must be 1 or more"},
      {[](Recipe& r) { r.visits = 0; }, "visits = 0: must be 1 or more"},
      {[](Recipe& r) {
         r.brightness = {0, 1};
       },
       "brightness = 0,1: must be two factors above 0, at most 100"},
      {[](Recipe& r) {
         r.brightness = {1, 101};
       },
       "brightness = 1,101: must be two factors above 0, at most 100"},
      {[](Recipe& r) {
         r.brightness = {2, 1};
       },
       "brightness = 2,1: "},
      {[](Recipe& r) { r.band_brightness = 0.9; }, "band_brightness = 0.9: must be 1 or more"},
      {[](Recipe& r) { r.noise = -1; }, "noise = -1: must be 0 or more"},
      {[](Recipe& r) { r.shift = 0.6; }, "shift = 0.6: must be from 0 to 0.5"},
      {[](Recipe& r) { r.shift = -0.1; }, "shift = -0.1: must be from 0 to 0.5"},
      {[](Recipe& r) { r.pan_mix = 1.1; }, "pan_mix = 1.1: must be from 0 to 1"},
      {[](Recipe& r) { r.bias = -1; }, "bias = -1: must be 0 or more"},
      {[](Recipe& r) { r.full_resolution = 2; }, "full_resolution = 2: must be from 0 to 1"},
      {[](Recipe& r) { r.detail = -0.1; }, "detail = -0.1: must be 0 or more"},
      {[](Recipe& r) { r.clip_norm = -1; }, "clip_norm = -1: must be 0 or more"},
      {[](Recipe& r) { r.average = 1; }, "average = 1: must be 0 or more and below 1"},
  };
  for (const Case& bad : cases) {
    INFO(bad.message);
    Recipe recipe = sharp_recipe();
    bad.change(recipe);
    CHECK_THAT(message_of(ErrorKind::usage, [&] { recipe.check(); }), contains(bad.message));
  }
  for (double Recipe::*value : {&Recipe::noise, &Recipe::shift, &Recipe::average, &Recipe::bias, &Recipe::pan_mix}) {
    Recipe recipe = sharp_recipe();
    recipe.*value = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(recipe.check(), Error);
  }
}

TEST_CASE("published degradation refuses each random part of a sample", "[recipe][error]") {
  const std::function<void(Recipe&)> changes[] = {
      [](Recipe& r) { r.crop = 64; },           [](Recipe& r) { r.crops_per_image = 2; },
      [](Recipe& r) { r.visits = 2; },          [](Recipe& r) { r.dihedral = true; },
      [](Recipe& r) { r.brightness.most = 2; }, [](Recipe& r) { r.band_brightness = 1.1; },
      [](Recipe& r) { r.noise = 0.1; },         [](Recipe& r) { r.shift = 0.1; },
      [](Recipe& r) { r.pan_mix = 0.1; },       [](Recipe& r) { r.full_resolution = 0.1; }};
  for (const auto& change : changes) {
    Recipe recipe;
    change(recipe);
    CHECK_THAT(message_of(ErrorKind::usage, [&] { recipe.check(); }),
               contains("degradation = published: trains on whole images as they are. For crops and augmentation set "
                        "degradation = mtf"));
  }
  // Loss and learning do not depend on the samples.
  CHECK_NOTHROW(
      Recipe{.loss = LossKind::charbonnier, .schedule = Schedule::cosine, .average = 0.9, .clip_norm = 1}.check());
}

TEST_CASE("names of degradations, losses and schedules are read as they are written", "[recipe]") {
  for (const auto value : {Degradation::published, Degradation::mtf})
    CHECK(degradation_by_name(degradation_name(value)) == value);
  for (const auto value : {LossKind::l1, LossKind::charbonnier, LossKind::l1_gradient})
    CHECK(loss_by_name(loss_name(value)) == value);
  for (const auto value : {Schedule::step, Schedule::cosine}) CHECK(schedule_by_name(schedule_name(value)) == value);
  CHECK_THAT(message_of(ErrorKind::usage, [] { loss_by_name("l2"); }),
             contains("loss = l2: unknown. Use one of l1, charbonnier, l1+gradient."));
  CHECK_THAT(message_of(ErrorKind::usage, [] { degradation_by_name("blur"); }), contains("Use one of published, mtf."));
  CHECK_THAT(message_of(ErrorKind::usage, [] { schedule_by_name(""); }), contains("Use one of step, cosine."));
}
