#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stream/fingerprint.h"
#include "stream/order.h"
#include "stream/position.h"
#include "stream/result.h"
#include "stream/store.h"

namespace freshet {

/// What is written in one piece: the engine's rows, and where input and output stood then.
struct Checkpoint {
  std::uint64_t number = 0;    ///< the engine's
  std::vector<RowBatch> rows;  ///< pieces in order
  Positions positions;         ///< the rows are the fold of the records before these
  Fingerprints last;           ///< of those records
  OrderLog::Segment segment = 0;
  std::int64_t pause_ns = 0;  ///< the longest time that taking it kept records waiting
};

/// Where a state stands beside the engine's rows.
struct StoredPlace {
  Positions positions;
  std::string source;               ///< Source::identity of the log; "": not known
  std::optional<std::string> mark;  ///< the sink's; nothing before the first checkpoint
  Fingerprints last = {};           ///< of the records before the positions, where they are known
};

/// Error: a damaged row.
Result<StoredPlace> stored_place(const RowReader& rows);
/// Appends the rows that `stored_place` reads.
void put_place(const StoredPlace& place, RowBatch& out);

}  // namespace freshet
