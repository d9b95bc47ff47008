#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stream/store.h"

namespace freshet {

struct SpaceSize {
  std::string space;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< of keys and values
};

struct StateSummary {
  std::string digest;  ///< 16 hex digits: equal for equal states
  std::vector<SpaceSize> spaces;
};

/// Reads the whole state. The digest covers every row but those of one run's outputs ("delivery").
Result<StateSummary> summarise(const RowReader& rows);

}  // namespace freshet
