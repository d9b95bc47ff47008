#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stream/position.h"

namespace freshet {

/// One record as a source read it, before anything is understood of it.
struct Record {
  Partition partition = 0;  ///< below 0: of the catalogue, see stream/position.h
  Offset offset = 0;
  std::int64_t time_ms = -1;  ///< the record's own timestamp (Kafka's), -1: the source has none
  std::optional<std::string> key;
  std::optional<std::string> value;  ///< absent: a tombstone
};

}  // namespace freshet
