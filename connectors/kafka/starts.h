#pragma once

#include <chrono>

#include "connectors/kafka/client.h"
#include "connectors/kafka/inputs.h"
#include "stream/order.h"
#include "stream/position.h"
#include "stream/result.h"

namespace freshet::kafka {

struct StartSettings {
  bool accept_gap = false;
  std::chrono::milliseconds timeout{30'000};
};

/// What a partition's log holds.
struct LogRange {
  Offset begin = 0;
  Offset end = 0;  ///< of what read_committed may see
};
Result<LogRange> log_of(Client& client, const Inputs& inputs, Partition partition,
                        std::chrono::milliseconds timeout);

/// Where reading of one partition that has been read to `position` starts: there, or at the
/// nearest offset behind it that the log still holds. One round trip.
///
/// Error: retention has deleted events behind `position` (with `accept_gap` a warning); the log
/// does not reach it, so it is another log. A catalogue's log may begin behind `position`: what
/// compaction or retention took from it is replaced or no longer kept by the shop.
Result<Offset> starting_offset(Client& client, const Inputs& inputs, Partition partition,
                               Offset position, StartSettings settings);

/// The same for all of `partitions`; those not named in `from` start at their beginning
/// (RD_KAFKA_OFFSET_BEGINNING). Error, too: `from` names a partition that does not exist. One round
/// trip a partition named.
Result<Positions> starting_offsets(Client& client, const Inputs& inputs,
                                   const PartitionCounts& partitions, const Positions& from,
                                   StartSettings settings);

/// How the catalogue is read before the first event: to its end as of now, from `starts` on. Empty
/// when it has been read that far. One round trip a partition.
Result<Order> catalog_first(Client& client, const Inputs& inputs, const Positions& starts,
                            std::chrono::milliseconds timeout);

}  // namespace freshet::kafka
