#pragma once

#include <chrono>
#include <string>

#include "connectors/kafka/client.h"
#include "stream/position.h"
#include "stream/result.h"

namespace freshet::kafka {

/// Where to start reading each of the partitions 0 to `partitions`-1: at `from`, or, for those not
/// named there, at the beginning (RD_KAFKA_OFFSET_BEGINNING).
///
/// Error: `from` names a partition that does not exist; or the log no longer holds a position
/// (retention), or does not reach it (the topic was made anew, an unclean election). With
/// `accept_gap` the latter are warnings and the start is the nearest offset there is. One round
/// trip a partition named.
Result<Positions> starting_offsets(Client& client, const std::string& topic, int partitions,
                                   const Positions& from, bool accept_gap,
                                   std::chrono::milliseconds timeout);

}  // namespace freshet::kafka
