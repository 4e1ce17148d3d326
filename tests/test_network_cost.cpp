#include "../bench/network_cost.hpp"

#include "premix/nn/premix.hpp"
#include "support/catch.hpp"

// The cost model that the benchmarks use.

namespace premix {
namespace {

struct Row {
  PreMixConfig config;
  double billions;  // multiply-accumulates at 256 x 256
};

}  // namespace

TEST_CASE("the network's multiply-accumulates equal those of its cost model", "[network_cost]") {
  const auto row =
      GENERATE(Row{{.bands = 4}, 28.91}, Row{{.bands = 4, .mixing = false}, 24.15}, Row{{.bands = 8}, 41.44},
               Row{{.bands = 4, .num_layers = 3}, 66.96}, Row{{.bands = 8, .num_layers = 3}, 79.49});
  CAPTURE(row.config.bands, row.config.num_layers, row.config.mixing);
  CHECK(static_cast<double>(bench::network_cost(row.config, 256, 256).total()) / 1e9 ==
        Approx(row.billions).margin(0.005));
}

TEST_CASE("the network's multiply-accumulates are counted separately for plain and transposed convolutions",
          "[network_cost]") {
  const bench::NetworkCost cost = bench::network_cost({.bands = 4}, 256, 256);
  CHECK(static_cast<double>(cost.convolutions) / 1e9 == Approx(26.87).margin(0.005));
  CHECK(static_cast<double>(cost.transposed) / 1e9 == Approx(2.04).margin(0.005));
  CHECK(cost.total() / (256 * 256) / 1000 == 441);
}

TEST_CASE("the network's multiply-accumulates grow with the area", "[network_cost]") {
  const PreMixConfig config{.bands = 3, .embed_dim = 16, .kernel_size = 5, .pf_kernel = 5};
  CHECK(bench::network_cost(config, 512, 128).total() == bench::network_cost(config, 256, 256).total());
  CHECK(bench::network_cost(config, 512, 512).total() == 4 * bench::network_cost(config, 256, 256).total());
}

}  // namespace premix
