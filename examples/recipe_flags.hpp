#pragma once

#include <string>
#include <vector>

#include "cli.hpp"
#include "premix/train/recipe.hpp"

namespace premix::cli {

/// The flags of a training recipe. --recipe selects a whole recipe; the other flags change parts of it.
struct RecipeFlags {
  void add_to(CLI::App& app);

  /// Returns the recipe. Throws a usage Error for unknown names and invalid values.
  Recipe recipe() const;

 private:
  std::string name_ = "published", degradation_, loss_, schedule_;
  std::vector<double> ms_gain_, pan_gain_, brightness_;
  Recipe given_;  // values of the flags that were given
  const CLI::App* app_ = nullptr;
};

}  // namespace premix::cli
