#pragma once

#include <cstdint>
#include <map>

#include "stream/position.h"
#include "stream/record.h"

namespace freshet {

/// By which one record of a log can be known again.
struct Fingerprint {
  Offset offset = 0;
  std::uint64_t hash = 0;  ///< of timestamp, key and value

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
Fingerprint fingerprint(const Record& record);

/// The last record that was read of each partition: a log that holds another in its place is not
/// the one that was read, whatever its length.
using Fingerprints = std::map<Partition, Fingerprint>;

}  // namespace freshet
