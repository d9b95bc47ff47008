#pragma once

#include <cstdint>

#include "config/table.h"

namespace freshet {

struct SimulateOptions {
  std::uint64_t seed = 1;
  std::uint32_t users = 20'000;
  std::uint32_t items = 5'000;
  std::uint64_t events = 0;  ///< 0: endless
  std::uint32_t rate = 0;    ///< events a second of wall clock; 0: as fast as possible
  std::int64_t start_time = 1'704'067'200'000;  ///< ms since 1970 UTC: the beginning of 2024
  bool catalog = true;                          ///< the catalogue and its changes come too
};

config::Table<SimulateOptions> describe_simulate();

}  // namespace freshet
