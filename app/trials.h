#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/settings.h"
#include "config/search.h"

namespace freshet {

/// A configuration to try.
struct Trial {
  struct Change {
    std::string path, name;
    std::string before, after;  ///< as they are written
  };
  Settings settings;
  std::vector<Change> changes;  ///< none: the given configuration
};

/// The numbers of models and fusion that may be tuned: all whose names are one of `only` or begin
/// with one and a dot; empty: all. Seeds are not among them.
std::vector<config::Tunable> tunable_options(const Settings& settings,
                                             const std::vector<std::string>& only);

/// The given configuration, then `count` − 1 drawn ones, each with 1 to 6 numbers changed: a number
/// above 0 by a factor from 1/4 to 4, alike in both directions; one from 0 to 1 by ±2 of its log
/// odds; 0 to at most 1 (a whole one to 4). Every one is valid. The same seed draws the same.
/// Requires an option. Error: no valid configuration is found.
Result<std::vector<Trial>> draw_trials(const Settings& given,
                                       const std::vector<config::Tunable>& options,
                                       std::uint32_t count, std::uint64_t seed);

}  // namespace freshet
