#pragma once

#include <atomic>

#include "connectors/kafka/inputs.h"
#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "connectors/kafka/starts.h"
#include "stream/clock.h"
#include "stream/fingerprint.h"
#include "stream/result.h"

namespace freshet::kafka {

/// Whether the logs are those whose records were read: reads each partition's record of `last` once
/// more, by a client of its own, and compares. Error: another record is in its place, so the topic
/// was made anew (with `accept_gap` a warning), or no broker answers in time. One that retention or
/// compaction has taken cannot be compared, and is passed over. Cost: a client, and one fetch a
/// partition.
Status recognize(const KafkaOptions& options, const Inputs& inputs, KafkaLog log,
                 const Clock& clock, const Fingerprints& last, StartSettings settings,
                 const std::atomic<bool>* stop);

}  // namespace freshet::kafka
