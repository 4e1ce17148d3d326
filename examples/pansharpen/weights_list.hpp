#pragma once

#include "premix/infer/weights_catalogue.hpp"

namespace premix::cli {

/// Prints a table of the weights on stdout, and unusable files on stderr.
void print_weights(const WeightsCatalogue& catalogue);

}  // namespace premix::cli
